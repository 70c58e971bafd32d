# Every zsh of agent-aider.
. "$HOME/.config/agent-sandbox/env.sh"
