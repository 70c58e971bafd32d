"""Secrets: where they are read, and what may stand there. Pure but for the files; needs no mitmproxy."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import aws
from policy import Credential

# What every slot can hold; spaces, controls and line ends would change the request around it.
_SECRET = re.compile(r"[\x21-\x7e]{8,16384}")
_LOOK_SECONDS = 1.0

Signature = tuple[int, ...]


class CredentialError(Exception):
    """A secret cannot be read; the message never holds any of it."""


class Shape(NamedTuple):
    words: str
    pattern: re.Pattern[str]


# What a secret has to be besides, where its slot takes it apart; the other slots take any.
_SHAPES = {"aws": Shape("KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN", aws.SECRET)}


class Kept(NamedTuple):
    """A secret, the file it came from, and when all places were last looked at for a newer one."""

    secret: str
    path: str
    signature: Signature
    looked: float


class Vault:
    """Reads secrets, again whenever their file changes: rotation needs no restart.

    Once a secret was good it stays in use until a good one replaces it; `complain` hears of each
    that is not.
    """

    def __init__(self, directories: Iterable[str | None],
                 complain: Callable[[str], None] = lambda problem: None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._directories = [directory for directory in directories if directory]
        self._complain = complain
        self._clock = clock
        self._kept: dict[tuple[str, ...], Kept] = {}
        self._complained: dict[str, Signature] = {}

    def forget(self) -> None:
        """Look everywhere again."""
        self._kept = {name: kept._replace(signature=(), looked=-_LOOK_SECONDS)
                      for name, kept in self._kept.items()}

    def read(self, credential: Credential) -> str:
        kept = self._kept.get(_key(credential))
        if kept and self._clock() - kept.looked < _LOOK_SECONDS and (
                kept.signature == _signature_of(kept.path)):
            return kept.secret
        try:
            found = self._read_newest(credential, kept)
        except CredentialError as error:
            if not kept:
                raise
            self._keep(credential, kept, str(error))
            return kept.secret
        self._kept[_key(credential)] = found
        self._complained.pop(credential.name, None)
        return found.secret

    def _keep(self, credential: Credential, kept: Kept, problem: str) -> None:
        """The last good one stays; said once for each state of the files."""
        states = tuple(number for path in self._paths(credential) for number in _signature_of(path))
        if self._complained.get(credential.name) != states:
            self._complained[credential.name] = states
            self._complain(problem)

    def _read_newest(self, credential: Credential, kept: Kept | None) -> Kept:
        now = self._clock()
        for path in self._paths(credential):
            signature = _signature_of(path)
            if kept and signature and (path, signature) == (kept.path, kept.signature):
                return kept._replace(looked=now)
            found = self._read_file(credential, path)
            if found:
                return Kept(found[1], path, found[0], now)
        raise CredentialError(f"credential {credential.name} cannot be read")

    def _paths(self, credential: Credential) -> list[str]:
        """The file itself where the proxy may read it (it rotates at once), else root's copies:
        systemd's of when the proxy started, and those of when the source was changed, which on macOS
        are the only ones. The later one comes first."""
        copies = [os.path.join(one, credential.name) for one in self._directories]
        copies.sort(key=lambda path: _signature_of(path)[3:4], reverse=True)
        return ([credential.source.name] if credential.source.kind == "file" else []) + copies

    def _read_file(self, credential: Credential, path: str) -> tuple[Signature, str] | None:
        try:
            with open(path, "rb", opener=_open_without_blocking) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise CredentialError(f"credential {credential.name} is not a regular file")
                secret = _usable(credential, file.read(32768))
        except OSError:
            return None
        return _signature(status), secret


def _key(credential: Credential) -> tuple[str, ...]:
    """A credential that a new policy takes from elsewhere, or that has to have another shape, is
    another one."""
    shape = credential.slot.kind if credential.slot.kind in _SHAPES else ""
    return (credential.name, credential.source.kind, credential.source.name, shape)


def _open_without_blocking(path: str, flags: int) -> int:
    """A FIFO in the place of a secret must not stop the proxy."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _signature_of(path: str) -> Signature:
    try:
        return _signature(os.stat(path))
    except OSError:
        return ()


def _signature(status: os.stat_result) -> Signature:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _usable(credential: Credential, raw: bytes) -> str:
    secret = raw.decode("latin-1").rstrip("\r\n")
    if not _SECRET.fullmatch(secret):
        raise CredentialError(
            f"credential {credential.name} is not one line of 8 or more visible ASCII characters"
        )
    shape = _SHAPES.get(credential.slot.kind)
    if shape and not shape.pattern.fullmatch(secret):
        raise CredentialError(f"credential {credential.name} is not {shape.words}")
    return secret
