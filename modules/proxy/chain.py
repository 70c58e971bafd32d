"""What binds each line of the log to the one before it; gen/engine/chain.h says how, and both engines
go on with the same chain.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat

_NONE = "0" * 64
_KEPT = re.compile(rb"(proxy-[0-9a-f]{8}) ([0-9]{20}) ([0-9a-f]{64})\n")


class Chain:
    """folder: where it goes on after a restart; where its file can't be used, or is another
    process's, it ends with this one."""

    def __init__(self, folder: str) -> None:
        self._file = _open(os.path.join(folder, "chain"))
        kept = _KEPT.match(os.pread(self._file, 256, 0)) if self._file >= 0 else None
        self._name = kept[1].decode() if kept else f"proxy-{os.urandom(4).hex()}"
        self._last = int(kept[2]) if kept else 0
        self._digest = kept[3].decode() if kept else _NONE

    def say(self) -> str:
        return f"{self._name} {self._last + 1} {self._digest}"

    def wrote(self, line: bytes) -> None:
        self._digest = hashlib.sha256(line).hexdigest()
        self._last += 1
        if self._file >= 0:
            self._keep()

    def _keep(self) -> None:
        text = f"{self._name} {self._last:020} {self._digest}\n".encode()
        try:
            if os.pwrite(self._file, text, 0) == len(text):
                return
        except OSError:
            pass
        os.close(self._file)  # on a full disk; --check tells it once this process has ended
        self._file = -1


def _open(path: str) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError:
        return -1
    try:
        if stat.S_ISREG(os.fstat(file).st_mode):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
    except OSError:
        pass
    os.close(file)
    return -1
