# Every login zsh of agent-agents. macOS's /etc/zprofile runs path_helper(8) after .zshenv, which puts the
# system's folders first, and with them its stand-ins of git and python3: back to the order of env.sh.
typeset -U path
path=($agent_sandbox_folders $path)
unset agent_sandbox_folders
