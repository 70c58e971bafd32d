# Interactive bash of agent-agents. Your own settings go into ~/.bashrc.local.
# shellcheck shell=bash source=/dev/null
case $- in
*i*) ;;
*) return ;;
esac
. "$HOME/.config/agent-sandbox/env.sh"

HISTCONTROL=ignoreboth
HISTSIZE=10000
HISTFILESIZE=10000
shopt -s checkwinsize histappend

PS1='\w \$ '
if command -v direnv >/dev/null 2>&1; then
    eval "$(direnv hook bash)"
fi
if [ -r "$HOME/.bashrc.local" ]; then
    . "$HOME/.bashrc.local"
fi

# Whatever else sets the prompt, it says whose shell this is: this runs after all of it.
agent_sandbox_prompt() {
    case $PS1 in
    '[agent-agents] '*) ;;
    *) PS1="[agent-agents] $PS1" ;;
    esac
}
if [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
    PROMPT_COMMAND+=(agent_sandbox_prompt)
else
    # shellcheck disable=SC2128,SC2178
    # A newline, not a semicolon: what stands before may end with one already.
    PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}agent_sandbox_prompt
fi
