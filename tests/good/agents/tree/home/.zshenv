# Every zsh of agent-agents.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
