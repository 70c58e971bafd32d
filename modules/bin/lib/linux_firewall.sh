# Linux: the firewall's rules, loaded and compared with what is committed.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# In one transaction, or not at all.
load_firewall() {
    find_firewall
    case $FIREWALL in
    nft) nft -f "$1/linux/nftables/$PREFIX.nft" ;;
    iptables)
        "$1/bin/load-iptables" "$1/linux/iptables/$PREFIX.v4" "$1/linux/iptables/$PREFIX.v6"
        ;;
    *) false ;;
    esac
}

# The loaded rules without their counters: what apply noted down, and run compares.
# shellcheck disable=SC2016
LIST_NFT='nft -s list table inet "$TABLE"' LIST_IPTABLES='{ iptables-save && ip6tables-save; } |
    grep -F "as${AGENT_UID}_" | sed "s/\[[0-9:]*\]//"'
firewall_live() {
    find_firewall
    case $FIREWALL in
    nft) eval "$LIST_NFT" ;;
    iptables) eval "$LIST_IPTABLES" ;;
    esac
}

# NixOS's module has no apply that could note the loaded rules down; there the unit's own state and
# the first rule have to do.
firewall_is_committed() {
    if managed_by_nix; then
        nft list chain inet "$TABLE" output 2>/dev/null | grep -q "skuid .* goto refuse_agent"
    else
        live=$(firewall_live 2>/dev/null) && [ -n "$live" ] && [ -f "$STATE/firewall" ] &&
            { printf '%s\n' "$live" | cmp -s - "$STATE/firewall" || firewall_means_the_same; }
    fi
}

# After an upgrade of the firewall's tools they may list the same rules in other words. So the
# committed ones are loaded once more, where no packet is, and listed by the same tools.
firewall_means_the_same() {
    case $FIREWALL in
    nft) load="nft -f '$TREE/linux/nftables/$PREFIX.nft'" list=$LIST_NFT ;;
    *)
        rules=$TREE/linux/iptables/$PREFIX
        load="'$TREE/bin/load-iptables' '$rules.v4' '$rules.v6'" list=$LIST_IPTABLES
        ;;
    esac
    meant=$(TABLE=$TABLE AGENT_UID=$AGENT_UID unshare --net sh -c "$load && $list" 2>/dev/null) &&
        [ "$live" = "$meant" ] || return 1
    printf '%s\n' "$live" >"$STATE/.firewall.$$" && mv -f "$STATE/.firewall.$$" "$STATE/firewall"
    :
}
