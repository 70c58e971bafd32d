# Every zsh of agent-minimal.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
