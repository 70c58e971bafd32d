# Every zsh of quiet.
. "$HOME/.config/agent-sandbox/env.sh"
