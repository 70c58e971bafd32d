# Every zsh of agent-one.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
