# Login shells of agent-two that are bash.
# shellcheck shell=bash source=/dev/null
. "$HOME/.profile"
. "$HOME/.bashrc"
