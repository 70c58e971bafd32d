"""The shipped add-on inside the test world: names and addresses of this machine's loopback.

The shipped code has no switch that opens private addresses, so the tests replace the two functions
that ask the world. Everything else runs as shipped.
"""

import datetime
import json
import os
import socket
import sys

sys.path.insert(0, os.environ["PROXY_MODULES"])

import resolve  # noqa: E402

WORLD = json.loads(os.environ["PROXY_WORLD"])
NAMES = WORLD["names"]
OPEN = set(WORLD["open"])
_asked: dict = {}


def lookup(host, port, family=0, type=0, proto=0, flags=0):
    if host is None or flags & socket.AI_PASSIVE:
        return REAL(host, port, family, type, proto, flags)
    with open(os.environ["PROXY_LOOKUPS"], "a", encoding="ascii") as log:
        print(host, file=log)
    if host not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "no such name in the test world")
    # A list of lists is a name that rebinds: each lookup takes the next answer.
    answers = NAMES[host]
    turn = _asked.get(host, 0)
    _asked[host] = turn + 1
    addresses = answers[min(turn, len(answers) - 1)] if isinstance(answers[0], list) else answers
    return [
        (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port))
        for a in addresses
    ]


REAL = resolve._system_getaddrinfo
resolve._system_getaddrinfo = lookup
resolve.is_public = lambda address: address in OPEN
resolve.is_never = lambda address: address in WORLD.get("never", ())
resolve.is_own = lambda address: False

import target  # noqa: E402

# The world's own names end in .test, as names of no real world do.
target.SPECIAL_USE = tuple(ending for ending in target.SPECIAL_USE if ending != "test")

import flows  # noqa: E402
from addon import addons  # noqa: E402,F401


# A file named "today" holds another day.
def today(real=flows.today):
    try:
        with open(os.environ["PROXY_TODAY"], encoding="ascii") as file:
            return datetime.date.fromisoformat(file.read())
    except OSError:
        return real()


flows.today = today


# A file named "break" lists functions that are to raise, or hooks that are to do nothing: the proxy
# must stay closed whatever fails in it.
def breakable(owner, name: str, label: str) -> None:
    real = getattr(owner, name)

    def wrapped(*arguments, **more):
        try:
            with open(os.environ["PROXY_BREAK"], encoding="ascii") as file:
                wanted = file.read().split()
        except OSError:
            wanted = []
        if f"raise:{label}" in wanted:
            raise RuntimeError("broken by the test " + label)
        if f"skip:{label}" in wanted:
            return None
        return real(*arguments, **more)

    wrapped.__name__ = name
    setattr(owner, name, wrapped)


import credentials  # noqa: E402
import headers  # noqa: E402
import journal  # noqa: E402
import live  # noqa: E402
import outgoing  # noqa: E402
import policy  # noqa: E402
import reading  # noqa: E402
import redact  # noqa: E402
from mitmproxy.proxy.layers.http import Http1Server  # noqa: E402

SANDBOX = type(addons[0])
for _owner, _name in (
    (policy.Policy, "decide"), (headers, "check"), (headers, "clean"), (headers, "has_body"),
    (credentials, "prepare"), (credentials, "fill"), (redact, "all_forms"), (redact, "scrub"),
    (redact.Redactor, "__init__"), (resolve, "is_public"), (live.Live, "refresh"),
    (journal, "write"), (reading, "_origin"), (outgoing.Outgoing, "_pass"),
    (SANDBOX, "requestheaders"), (SANDBOX, "request"), (Http1Server, "read_headers"),
):
    breakable(_owner, _name, _name)
