# Every zsh of agent-team.
. "$HOME/.config/agent-sandbox/env.sh"
