# Every zsh of agent-two.
. "$HOME/.config/agent-sandbox/env.sh"
