# Every zsh of agent-claude-code.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
