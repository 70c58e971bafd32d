# Login shells of agent-one that are bash.
# shellcheck shell=bash source=/dev/null
. "$HOME/.profile"
. "$HOME/.bashrc"
