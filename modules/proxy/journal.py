"""What the proxy says: one JSON line per decision, and readiness to systemd.

Lines hold names, methods and paths; never a query, a header value, a body or a secret. Where
journald has our stderr they go to it as messages of their own (systemd.exec(5), JOURNAL_STREAM),
elsewhere to stderr. What mitmproxy and Python print beside them is no decision, and the agent can
cause any amount of it: it gets another identifier, and a bound.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import chain

_JOURNALD = "/run/systemd/journal/socket"
_SEND_SECONDS = 5
_LONGEST_TEXT = 1024
_MOST_ITEMS = 16
_MOST_HOSTS = 8
_TELL_SECONDS = 10


class Budget:
    """So many at once, and so many a second."""

    def __init__(self, at_once: int, a_second: float,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rate, self._clock = at_once, a_second, clock
        self._left, self._seen = float(at_once), clock()

    def take(self, amount: int = 1) -> bool:
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < amount:
            return False
        self._left -= amount
        return True


class Untold:
    """What a flood of refusals left out: the agent asks for nothing cheaper than a refusal, and
    with enough of them it would push all else out of the log. What passes is always told."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.count = 0
        self.hosts: set[str] = set()
        self._told = 0.0

    def leaves_out(self, line: dict[str, Any]) -> bool:
        told = line["event"] == "decision" and line.get("verdict") != "deny"
        if told or line["event"] not in ("decision", "error", "tls-failed") or self.budget.take():
            return False
        self.count += 1
        if len(self.hosts) < _MOST_HOSTS and line.get("host"):
            self.hosts.add(line["host"])
        return True

    def summary(self, now: float) -> dict[str, Any] | None:
        if not self.count or now - self._told < _TELL_SECONDS:
            return None
        found = {"count": self.count, "hosts": sorted(self.hosts)}
        self.count, self.hosts, self._told = 0, set(), now
        return found


_untold = Untold(Budget(1000, 1.0))
_diagnostics = Budget(100_000, 100.0)
_stderr = 2
_chain: chain.Chain | None = None
_one_at_a_time = threading.Lock()


def start_chain(folder: str) -> None:
    """From here on each line is bound to the one before it."""
    global _chain
    _chain = chain.Chain(folder)


def write(event: str, **facts: Any) -> None:
    line = {"time": _now(), "event": event}
    for key, value in facts.items():
        if value is not None:
            line[key] = _short(value)
    if not _untold.leaves_out(line):
        _say(line)


def tell_untold() -> None:
    found = _untold.summary(time.monotonic())
    if found:
        _say({"time": _now(), "event": "refusals-untold", **found})


def _say(line: dict[str, Any]) -> None:
    with _one_at_a_time:
        if _chain:
            line["chain"] = _chain.say()
        text = _text(line)
        _emit(text, _DECISIONS)
        if _chain:
            _chain.wrote(text)


def last_words(problem: str) -> None:
    """On stderr: journald no longer knows whose a message is once the process has ended. As it may
    overtake what was sent before, it is in no chain."""
    line = {"time": _now(), "event": "fatal", "error": _short(problem)}
    _write(_text(line) + b"\n")


def _now() -> str:
    now = time.time()
    return f"{_second(int(now))}.{int(now * 1000) % 1000:03}+00:00"


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else value[:_LONGEST_TEXT] + "..."
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_short(one) for one in value[:_MOST_ITEMS]]
    return value


def _text(line: dict[str, Any]) -> bytes:
    # ASCII only: no control or direction character of a request reaches the operator's terminal.
    return json.dumps(line, ensure_ascii=True).encode("ascii")


# Where it goes.

_DECISIONS = b"SYSLOG_IDENTIFIER=agent-sandbox\nPRIORITY=6\nMESSAGE="
_DIAGNOSTICS = b"SYSLOG_IDENTIFIER=mitmproxy\nPRIORITY=4\nMESSAGE="


def _journald() -> socket.socket | None:
    try:
        status = os.fstat(_stderr)
    except OSError:
        return None
    if os.environ.get("JOURNAL_STREAM") != f"{status.st_dev}:{status.st_ino}":
        return None
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", _SEND_SECONDS, 0))
    return sender


_sender = _journald()


def _emit(text: bytes, fields: bytes) -> None:
    """At once and without a buffer: a decision is in the journal before it takes effect. Not
    connected, so that a journald that was stopped and started is the one that is asked."""
    if _sender:
        _sender.sendto(fields + text + b"\n", _JOURNALD)
    else:
        _write(text + b"\n")


def _write(line: bytes) -> None:
    while line:
        line = line[os.write(_stderr, line):]


def separate_diagnostics() -> None:
    """From here on stdout and stderr are a pipe: whoever prints, it comes out bounded. A thread
    reads it, because the one that prints must never wait for itself."""
    global _stderr
    read, write_end = os.pipe()
    _stderr = os.dup(_stderr)
    os.dup2(write_end, 1)
    os.dup2(write_end, 2)
    os.close(write_end)
    threading.Thread(target=_pass_on, args=(read,), daemon=True).start()


def _pass_on(read: int) -> None:
    with open(read, encoding="utf-8", errors="backslashreplace") as lines:
        while text := lines.readline(4 * _LONGEST_TEXT):
            line = {"time": _now(), "event": "diagnostic", "text": _short(text.rstrip("\n"))}
            if not _diagnostics.take(len(text)):
                continue
            try:
                _emit(_text(line), _DIAGNOSTICS)
            except OSError:
                pass  # what decides must not depend on it


def status(text: str, path: str) -> None:
    """To systemd, as systemctl shows it; without one, to a file."""
    if os.environ.get("NOTIFY_SOCKET"):
        notify(f"STATUS={text}")
        return
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(text + "\n")
    os.replace(path + ".new", path)


def notify(message: str) -> None:
    """sd_notify(3), without libsystemd."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)  # who does not listen must not stop the proxy
        sender.sendto(message.encode("utf-8"), address)
