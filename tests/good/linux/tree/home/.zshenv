# Every zsh of agent-linux.
. "$HOME/.config/agent-sandbox/env.sh"
