# Every zsh of quiet.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
