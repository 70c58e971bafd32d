# Every zsh of agent-one.
. "$HOME/.config/agent-sandbox/env.sh"
