# host.conf is read as data, never sourced: a work tree is not root's to trust, and a value can
# hold nothing that a shell would act on.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154
# The variables below are set here for every other part.
# shellcheck disable=SC2034

CONF_KEYS='FORMAT NAME PREFIX TABLE AGENT AGENT_UID AGENT_HOME SHELL_NAME PROXY PROXY_UID RELAY
SHARE SHARE_GID PROXY_PORT DOOR_PORT STATE SECRETS RUN OPERATORS UNITS START NETNS WORKSPACES_RW
WORKSPACES_RO LOCAL_PORTS PUBLISH CREDENTIAL_FILES CREDENTIAL_SYSTEMD RELAX ENFORCEMENT
SESSION_SECONDS DISK_BYTES VETH_HOST VETH_AGENT CIDRS PACKAGES_NIX PACKAGES_BREW PACKAGES_CASK
LABELS ANCHOR CREDENTIALS'

conf_load() {
    [ -f "$1" ] && [ ! -L "$1" ] || refuse "$1 is missing: this tree has no part for $SYSTEM"
    for key in $CONF_KEYS; do
        eval "$key="
    done
    number=0
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        conf_line "$line" || refuse "$1:$number: not a setting of this format"
    done <"$1"
    conf_check "$1"
}

# KEY='inert words'; anything else is refused.
conf_line() {
    case $1 in
    '' | '#'*) return 0 ;;
    [A-Z]*"='"*"'") ;;
    *) return 1 ;;
    esac
    key=${1%%=*}
    value=${1#*=\'}
    value=${value%\'}
    # One word of the list, and no more than one: every command asks this 40 times.
    case $key in
    *[!A-Z_]*) return 1 ;;
    esac
    case " $CONF_KEYS " in
    *[!A-Z_]"$key"[!A-Z_]*) ;;
    *) return 1 ;;
    esac
    case $value in
    *[!A-Za-z0-9\ ._+@:/,=-]*) return 1 ;;
    esac
    eval "$key=\$value"
}

is_number() {
    case $1 in
    '' | *[!0-9]*) return 1 ;;
    esac
    [ ${#1} -le 18 ]
}

# Root removes and creates below these names, so they are checked again here, whoever wrote them.
conf_check() {
    [ "$FORMAT" = 1 ] || refuse "$1: format '$FORMAT' is not one that this script knows"
    case $NAME in
    '' | [!a-z]* | *[!a-z0-9-]*) refuse "$1: bad NAME" ;;
    esac
    [ ${#NAME} -le 20 ] && [ "$PREFIX" = "agent-sandbox-$NAME" ] || refuse "$1: bad PREFIX"
    for user in "$AGENT" "$PROXY" "$SHARE"; do
        case $user in
        '' | [!a-z_]* | *[!a-z0-9_-]* | root) refuse "$1: bad user or group name '$user'" ;;
        esac
    done
    for number in "$AGENT_UID" "$PROXY_UID" "$SHARE_GID" "$PROXY_PORT"; do
        is_number "$number" && [ "$number" -ge 500 ] || refuse "$1: '$number' is out of range"
    done
    conf_check_paths "$1"
}

conf_check_paths() {
    for path in "$STATE" "$SECRETS" "$RUN" "$AGENT_HOME" $WORKSPACES_RW $WORKSPACES_RO; do
        case $path/ in
        [!/]* | *//* | */../* | */./*) refuse "$1: bad path '$path'" ;;
        esac
    done
    case $SYSTEM in
    linux) expected=/var/lib/agent-sandbox/$NAME ;;
    darwin) expected=/var/db/agent-sandbox/$NAME ;;
    esac
    [ "$STATE" = "$expected" ] || refuse "$1: STATE is not $expected"
}
