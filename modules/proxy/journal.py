"""What the proxy says: one JSON line per decision on stderr, and readiness to systemd.

Lines hold names, methods and paths; never a query, a header value, a body or a secret.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import sys
import time
from typing import Any

_LONGEST_TEXT = 1024


def write(event: str, **facts: Any) -> None:
    line = {"time": _now(), "event": event}
    for key, value in facts.items():
        if value is not None:
            line[key] = _short(value)
    # ASCII only: no control or direction character of a request reaches the operator's terminal.
    _emit(json.dumps(line, ensure_ascii=True).encode("ascii") + b"\n")


def _now() -> str:
    now = time.time()
    return f"{_second(int(now))}.{int(now * 1000) % 1000:03}+00:00"


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _emit(line: bytes) -> None:
    """At once and without Python's buffer: a decision is in the journal before it takes effect."""
    while line:
        line = line[os.write(sys.stderr.fileno(), line):]


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[:_LONGEST_TEXT] + "..."
    return value


def notify(message: str) -> None:
    """sd_notify(3), without libsystemd."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(message.encode("utf-8"), address)
