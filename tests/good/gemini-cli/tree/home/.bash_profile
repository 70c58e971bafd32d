# Login shells of agent-gemini-cli that are bash.
# shellcheck shell=bash source=/dev/null
. "$HOME/.profile"
. "$HOME/.bashrc"
