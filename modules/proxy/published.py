"""What indexes have told: when each file of a package was published. The oldest word is forgotten first."""

from __future__ import annotations

from collections import OrderedDict

from cooldown import File, Index

MOST_FILES = 200000


class Published:
    def __init__(self) -> None:
        self._packages: OrderedDict[tuple[Index, str], list[File]] = OrderedDict()
        self._files: dict[tuple[Index, File], dict[str, int]] = {}
        self._count = 0

    def note(self, index: Index, name: str, files: dict[File, int]) -> None:
        self._forget(index, name)
        self._packages[index, name] = list(files)
        self._count += len(files)
        for file, when in files.items():
            self._files.setdefault((index, file), {})[name] = when
        while self._count > MOST_FILES and len(self._packages) > 1:
            self._forget(*next(iter(self._packages)))

    def when(self, index: Index, file: File) -> int | None:
        """The latest time that any package of the index gives it."""
        told = self._files.get((index, file))
        return max(told.values()) if told else None

    def _forget(self, index: Index, name: str) -> None:
        for file in self._packages.pop((index, name), ()):
            told = self._files[index, file]
            del told[name]
            if not told:
                del self._files[index, file]
            self._count -= 1
