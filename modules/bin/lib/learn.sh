# learn: what the decisions seen so far would need, as a fragment of network.rules. It is printed for
# a person to read and is never applied by itself: the names in it are what the agent asked for.
# The system's part gives decisions: the proxy's JSON lines.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

cmd_learn() {
    [ $# -eq 0 ] || usage_error 'learn takes no arguments'
    find_tree
    as_operator learn
    decisions | learn_with "$(find_python)"
}

# Isolated (-I): neither the environment nor the folder we are in can add a module. The tree is as it
# was committed: no bytecode in it (-B).
learn_with() {
    [ -n "$1" ] || die 'no python3 is here'
    "$1" -IB "$TREE/proxy/learn.py" --denied --without "$STATE/verified"
}

# Where the system has none, the proxy's own: its launcher names it in the first line.
find_python() {
    find_tool python3 && return
    sed -n '1s/^#! *\([^ ]*\).*/\1/p' "$(command -v mitmdump)" 2>/dev/null
}
