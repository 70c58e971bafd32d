# Which of the spec's packages this host has. Without Nix they come from Homebrew or from the host
# itself, and nobody but this looks. Nothing is run for it: a program counts when it lies in a folder of
# the session's PATH, a package when the host's own database names it.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# PACKAGE...|the program that it is wanted for, where that has another name
PROGRAMS='aider-chat|aider
claude-code|claude
gemini-cli|gemini
gnumake|make
neovim|nvim
nodejs|node
ripgrep|rg
typescript|tsc'

# program_of PACKAGE: python3Packages.pip is wanted for pip.
program_of() {
    package=${1##*[./]}
    found=$(printf '%s\n' "$PROGRAMS" | sed -n "s/^$package|//p")
    printf '%s\n' "${found:-$package}"
}

# has_program NAME: in TOOL_PATH, a list of folders with colons between them
has_program() {
    (
        IFS=:
        for folder in $TOOL_PATH; do
            [ ! -f "$folder/$1" ] || [ ! -x "$folder/$1" ] || exit 0
        done
        exit 1
    )
}

# Debian, Fedora and SUSE, Arch.
in_database() {
    if have dpkg-query; then
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
    elif have rpm; then
        rpm -q "$1" >/dev/null 2>&1
    elif have pacman; then
        pacman -Q "$1" >/dev/null 2>&1
    else
        return 1
    fi
}

# in_homebrew NAME: brew will not work for root, and this is where it puts things.
in_homebrew() {
    for folder in "${HOMEBREW:=/opt/homebrew}" /usr/local; do
        [ ! -d "$folder/Cellar/${1##*/}" ] && [ ! -d "$folder/Caskroom/${1##*/}" ] || return 0
    done
    return 1
}

has_tool() {
    has_program "$(program_of "$1")" || in_homebrew "$1" || in_database "${1##*.}"
}

# status_tools HINT PACKAGE...: one line for what is here, and one for each that is not.
status_tools() {
    hint=$1 here=''
    shift
    for tool; do
        if has_tool "$tool"; then
            here="$here $tool"
        else
            say "missing     $tool: $hint"
        fi
    done
    [ -z "$here" ] || say "tools      $here"
}
