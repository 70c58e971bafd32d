# Every zsh of agent-all.
. "$HOME/.config/agent-sandbox/env.sh"
