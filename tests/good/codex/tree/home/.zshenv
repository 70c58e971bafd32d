# Every zsh of agent-codex.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
