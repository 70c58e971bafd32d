"""pf for the pretended Mac: what pfctl is told holds, by nftables in the machine's own network namespace. Rules are read by the
grammar of tests/parse/pf_check.py, which refuses what macOS's pfctl would; `user` is whose socket it is on both.

state["pf"]: what -s info says; state["anchors"]: {anchor: its text}; state["main"]: what -s rules says of the main ruleset.
"""

import json
import os
import re
import subprocess
import sys

import pf_check

NFT = "/pretend/real/nft"
MAIN = ['scrub-anchor "com.apple/*" all fragment reassemble', 'anchor "com.apple/*" all']


def pfctl(words, state):
    if os.getuid() != 0:
        sys.exit("pfctl: /dev/pf: Permission denied")
    words = [word for word in words if word != "-q"]
    anchor = words.pop(words.index("-a") + 1) if "-a" in words else None
    words = [word for word in words if word != "-a"]
    main = state.setdefault("main", MAIN)
    if words == ["-E"]:
        state["pf"], state["tokens"] = "Enabled", [*state.get("tokens", []), str(4711 + len(state.get("tokens", [])))]
        print(f"pf enabled\nToken : {state['tokens'][-1]}", file=sys.stderr)
    elif words[0] == "-X":
        if words[1] not in state.get("tokens", []):
            sys.exit("pfctl: pf not enabled by this token")
        state["tokens"].remove(words[1])
        state["pf"] = "Enabled" if state["tokens"] else "Disabled"
    elif words == ["-s", "info"]:
        print(f"Status: {state['pf']}")
        return
    elif "Interfaces" in words:
        print("lo0 (skip)" if state.get("skip") else "lo0")
        return
    elif words[-2:] == ["-s", "rules"]:
        print("\n".join(shown(state, anchor, "-v" in words) if anchor else main))
        return
    elif words == ["-F", "all"]:
        state["anchors"].pop(anchor, None)
    elif "-f" in words:
        with open(words[words.index("-f") + 1], "rb") as file:
            data = file.read()
        try:
            pf_check.check(data)
        except pf_check.Refused as why:
            sys.exit(f"{words[-1]}:{why}: syntax error\npfctl: Syntax error in config file: pf rules not loaded")
        if "-n" in words:
            return
        state["anchors"][anchor] = data.decode()
    else:
        sys.exit(f"pfctl {words}")
    enforce(state)


def lines_of(text):
    """[(a rule as pfctl prints it, one for each protocol; as it was read; which protocol)]"""
    read = iter(pf_check.check(text.encode()).rules)
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if not re.match("(pass|block) ", line):
            continue
        rule = next(read)
        shown_ = re.sub(r"(user|port) ([0-9])", r"\1 = \2", line)
        for protocol in rule["proto"]:
            yield shown_.replace("{ tcp udp }", protocol), rule, protocol


def shown(state, anchor, verbose):
    counted = counters() if verbose else {}
    for number, (line, _, _) in enumerate(lines_of(state["anchors"].get(anchor) or "") if anchor in state["anchors"] else ()):
        yield line
        if verbose:
            packets = counted.get(f"{anchor}#{number}", 0)
            yield f"  [ Evaluations: {packets:<8}  Packets: {packets:<8}  Bytes: {64 * packets:<10}  States: 0     ]"
            yield "  [ Inserted: uid 0 pid 1 ]"


def enforce(state):
    """All anchors, in the order of their bytes; nothing while pf is off, or its main ruleset is another one."""
    rules = []
    if state["pf"] == "Enabled" and MAIN[1] in state["main"] and not state.get("skip"):
        for anchor in sorted(state["anchors"], key=str.encode):
            tables = pf_check.check(state["anchors"][anchor].encode()).tables
            for number, (_, rule, protocol) in enumerate(lines_of(state["anchors"][anchor])):
                rules += translated(rule, protocol, tables, f"{anchor}#{number}")
    text = "table inet pf\ndelete table inet pf\n"
    text += "table inet pf {\nchain out {\ntype filter hook output priority 0; policy accept;\n" + "\n".join(rules) + "\n}\n}\n"
    subprocess.run([NFT, "-f", "-"], input=text.encode(), check=True)


def counters():
    done = subprocess.run([NFT, "-j", "list", "table", "inet", "pf"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    found = {}
    for one in json.loads(done.stdout or b'{"nftables": []}')["nftables"]:
        for part in one.get("rule", {}).get("expr", []):
            if "counter" in part:
                name = one["rule"]["comment"]
                found[name] = found.get(name, 0) + part["counter"]["packets"]
    return found


def translated(rule, protocol, tables, comment):
    """Rules of nftables; a table of both families becomes one of each."""
    families = {"inet": [4], "inet6": [6]}.get(rule["family"], [4, 6] if rule["target"] in tables else [None])
    for family in families:
        words = ["oifname lo"] if rule["on"] else []
        if family:
            words.append(f"meta nfproto ipv{family}")
        words.append(f"meta l4proto {protocol}")
        for end, name in (("source", "saddr"), ("target", "daddr")):
            wanted = rule[end]
            if wanted != "any":
                networks = tables[wanted] if isinstance(wanted, str) else [wanted]
                words.append(f"{'ip6' if family == 6 else 'ip'} {name} {members(one for one in networks if one.version == family)}")
        for key, name in (("source_ports", "sport"), ("ports", "dport")):
            if rule[key]:
                words.append(f"{protocol} {name} {members(rule[key])}")
        if rule["user"]:
            words.append(f"meta skuid {members(rule['user'])}")
        if rule["flags"] == "S/SA":
            words.append("tcp flags & (syn | ack) == syn")
        elif rule["flags"] == "A/A":
            words.append("tcp flags & ack == ack")
        refused = "reject with tcp reset" if protocol == "tcp" else "reject with icmpx type port-unreachable"
        words.append(f"counter {'accept' if rule['action'] == 'pass' else refused} comment \"{comment}\"")
        yield " ".join(words)


def members(values):
    return "{ " + ", ".join(str(value).replace(":", "-") if isinstance(value, str) else str(value) for value in values) + " }"
