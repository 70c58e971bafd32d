"""What the proxy says: one JSON line per decision on stderr, and readiness to systemd.

Lines hold names, methods and paths; never a query, a header value, a body or a secret.
"""

from __future__ import annotations

import datetime
import json
import os
import socket
import sys
from typing import Any

_LONGEST_TEXT = 1024


def write(event: str, **facts: Any) -> None:
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    line = {"time": now, "event": event}
    line.update((key, _short(value)) for key, value in facts.items() if value is not None)
    # ASCII only: no control or direction character of a request reaches the operator's terminal.
    sys.stderr.write(json.dumps(line, ensure_ascii=True) + "\n")
    sys.stderr.flush()


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
