# Login shells of agent-minimal: sh, dash, and bash through .bash_profile.
# shellcheck shell=sh source=/dev/null
. "$HOME/.config/agent-sandbox/env.sh"
