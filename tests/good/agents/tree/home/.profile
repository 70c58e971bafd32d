# Login shells of agent-agents: sh, dash, and bash through .bash_profile.
# shellcheck shell=sh source=/dev/null
. "$HOME/.config/agent-sandbox/env.sh"
