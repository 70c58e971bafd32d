# The environment of the sandbox linux, read once by the first shell of a session.
# On Linux the session brings the same variables, and the proxy's, before any shell starts.
# shellcheck shell=sh

agent_sandbox_path() {
    case ":$PATH:" in
    *":$1:"*) ;;
    *) if [ -d "$1" ]; then PATH=$1:$PATH; fi ;;
    esac
}
agent_sandbox_path /opt/homebrew/sbin
agent_sandbox_path /opt/homebrew/bin
agent_sandbox_path /nix/var/nix/profiles/default/bin
agent_sandbox_path /etc/profiles/per-user/agent-linux/bin
agent_sandbox_path "$HOME/.nix-profile/bin"
agent_sandbox_path "$HOME/.local/bin"
export PATH
unset -f agent_sandbox_path

# A variable that was changed for one command stays changed in the shells below it.
if [ "${AGENT_SANDBOX_ENV-}" = linux ]; then
    return 0
fi
export AGENT_SANDBOX_ENV=linux

# What the agent makes in a workspace, the operators may edit; all others may not look.
umask 0007

# git asks nobody: the proxy adds credentials on the way out.
export GIT_TERMINAL_PROMPT=0

# Single quotes: nothing in a value is expanded.
export OPENAI_API_KEY='sk-proj-placeholder-not-a-secret'
