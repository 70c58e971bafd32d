# Every zsh of agent-mac.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
