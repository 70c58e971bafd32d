# Every zsh of agent-team.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
