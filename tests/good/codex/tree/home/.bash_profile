# Login shells of agent-codex that are bash.
# shellcheck shell=bash source=/dev/null
. "$HOME/.profile"
. "$HOME/.bashrc"
