# Every zsh of agent-claude-code.
. "$HOME/.config/agent-sandbox/env.sh"
