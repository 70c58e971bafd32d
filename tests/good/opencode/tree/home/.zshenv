# Every zsh of agent-opencode.
. "$HOME/.config/agent-sandbox/env.sh"
