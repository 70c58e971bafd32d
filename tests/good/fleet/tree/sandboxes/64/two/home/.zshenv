# Every zsh of agent-two.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
