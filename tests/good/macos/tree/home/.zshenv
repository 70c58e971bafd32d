# Every zsh of agent-mac.
. "$HOME/.config/agent-sandbox/env.sh"
