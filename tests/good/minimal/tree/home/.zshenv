# Every zsh of agent-minimal.
. "$HOME/.config/agent-sandbox/env.sh"
