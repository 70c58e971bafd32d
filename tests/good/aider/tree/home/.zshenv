# Every zsh of agent-aider.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
