# Every zsh of agent-linux.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
