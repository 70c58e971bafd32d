# Every zsh of agent-gemini-cli.
. "$HOME/.config/agent-sandbox/env.sh"
agent_sandbox_folders=($path)
