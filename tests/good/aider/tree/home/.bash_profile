# Login shells of agent-aider that are bash.
# shellcheck shell=bash source=/dev/null
. "$HOME/.profile"
. "$HOME/.bashrc"
