# Interactive zsh of agent-agents. Your own settings go into ~/.zshrc.local.
HISTFILE=$HOME/.zsh_history
HISTSIZE=10000
SAVEHIST=10000
setopt append_history hist_ignore_space interactive_comments

# -i: folders that the agent does not own are left out, without a question.
autoload -Uz compinit && compinit -i

PROMPT='%~ %# '
if command -v direnv >/dev/null 2>&1; then
    eval "$(direnv hook zsh)"
fi
if [[ -r $HOME/.zshrc.local ]]; then
    . "$HOME/.zshrc.local"
fi

# Whatever else sets the prompt, it says whose shell this is: this runs after all of it.
agent_sandbox_prompt() {
    if [[ $PROMPT != '[agent-agents] '* ]]; then
        PROMPT="[agent-agents] $PROMPT"
    fi
}
typeset -ga precmd_functions
precmd_functions=(${precmd_functions:#agent_sandbox_prompt} agent_sandbox_prompt)
