# Every zsh of agent-codex.
. "$HOME/.config/agent-sandbox/env.sh"
