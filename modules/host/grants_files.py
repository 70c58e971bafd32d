"""What operators have granted while the agent runs: two files of root's that the proxy reads (gen/engine/grants.c,
modules/proxy/grants.py). Both are written beside and renamed over, root:PROXY, 0640.

    {"version": 1, "grants": [GRANT...], "refusals": [GRANT...]}

A GRANT is a rule as a spec has it, of one exact host, with what says whose it is and when it ends:

    "id": "g4f2a"                letters, digits and "-", at most 60; the log says it of what it let through
    "host": "example.org"        and "scheme", "methods" (must be there), "paths" (must), "ports", "query", "websocket" as in
                                 a rule: what the proxy calls "missing" in a question fits as it is; in paths * is wild
    "owner": "me", "reason": ""  owner must be there
    "until": 1790000000          seconds since the epoch. In the file of STATE it must be there
    "boot_until": 86400          seconds of CLOCK_BOOTTIME (macOS: CLOCK_MONOTONIC), which nobody sets back. One of the two
                                 must be there; where both are, both hold
    "uses": 1                    so many requests, as the proxy counts them by id; without: any number

refusals are what is refused at once, without a question ("never", "not now"): the same, without "uses". "grants" wins.
At most 1,000 of both in a file, and 1 MiB. A file that is not like this is not taken up: the proxy keeps the last good
one, and says so in its log (event "grants-kept"); one that is missing grants nothing.

What no grant can do: "deny" of rules, cooldowns, ceilings, tcp and tls, private addresses, and whatever grants.most of
the applied spec has no room for. A request that a grant lets through has no credential put in.
"""


def run_folder(box):
    """0750, root:PROXY. Gone when the machine starts anew; tmpfiles.d makes it on Linux."""
    return f"{'/var/run' if box.system == 'darwin' else '/run'}/{box.prefix}"


def run_file(box):
    """What ends with the machine, at the latest."""
    return f"{run_folder(box)}/grants.json"


def state_file(box):
    """What has a date, and outlasts a start of the machine."""
    return f"{box.state}/grants.json"
