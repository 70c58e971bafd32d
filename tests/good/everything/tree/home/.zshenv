# Every zsh of agent-all.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
