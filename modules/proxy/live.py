"""The policy that counts now: read at the start, again when its file is another one, and kept as it was where
the new one is not usable."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable

from mitmproxy import ctx

import journal
import policy
import policy_file


class Live:
    """changed: another policy counts."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.policy: policy.Policy | None = None
        self._changed = changed
        self._path = ""
        self._seen: tuple[int, ...] | None = None
        self._digest = ""

    def current(self) -> policy.Policy:
        assert self.policy
        return self.policy

    def start(self, path: str) -> None:
        """Raises OSError or policy_file.PolicyError."""
        self._path = path
        self._read()

    def refresh(self) -> None:
        """Take a changed policy up; keep the last good one when the new one is not usable."""
        if _signature(self._path) == self._seen:
            return
        try:
            self._read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the old one goes on
            known = isinstance(error, (OSError, policy_file.PolicyError))
            journal.write("policy-kept", error=str(error) if known else type(error).__name__)

    def reload(self) -> None:
        """Whether its file has changed or not."""
        self._seen = None
        self.refresh()

    def _read(self) -> None:
        self._seen = _signature(self._path)
        digest = "unreadable"
        try:
            with open(self._path, "rb") as file:
                text = file.read()
            digest = hashlib.sha256(text).hexdigest()
            loaded = policy_file.load(text)
            if self.policy:
                loaded.take_over(self.policy)
            self.policy = loaded
        except Exception:
            _say_status(f"policy {self._digest}; refused {digest}")
            raise
        self._digest = digest
        _say_status(f"policy {digest}")
        journal.write("policy-loaded", sandbox=self.policy.sandbox, rules=len(self.policy.rules),
                      enforcement="audit" if self.policy.audit else "enforce")
        self._changed()


def _say_status(text: str) -> None:
    """Which policy is live: apply waits for its own."""
    with contextlib.suppress(OSError):
        confdir = os.path.expanduser(ctx.options.confdir)
        journal.status(text, os.path.join(confdir, "policy-loaded"))


def _signature(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
