# Every zsh of agent-opencode.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
