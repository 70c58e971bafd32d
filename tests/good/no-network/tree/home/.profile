# Login shells of quiet: sh, dash, and bash through .bash_profile.
# shellcheck shell=sh source=/dev/null
. "$HOME/.config/agent-sandbox/env.sh"
