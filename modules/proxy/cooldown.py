"""How old packages have to be: which requests are an index's, and which a file's, of npm and of PyPI.

A request under a cooldown is for an index, which is thinned (packages.py), for one version's manifest, which
is made of that index, or for a file, whose age an index must have told (published.py). What is neither, and
of the index's own host, is what holds no package: searches, the list of all names. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from target import Target, TargetError, parse_authority, parse_target

LEAST, MOST = 3600, 365 * 86400
KINDS = ("npm", "pypi")
_NPM_NAME = r"(?:@[A-Za-z0-9._~-]+/)?[A-Za-z0-9_!'()*-][A-Za-z0-9._~!'()*-]*"
_NPM = re.compile(rf"/({_NPM_NAME})(?:/([^/]+))?")
_NPM_FILE = re.compile(rf"(?:.*?)/({_NPM_NAME})/-/[^/].*", re.DOTALL)
_PYPI = re.compile(r"/([A-Za-z0-9._-]+)/?")
_OF_A_FILE = (".metadata", ".asc")


class CooldownError(ValueError):
    """A request under a cooldown does not go on; its message says why. retry_after: in seconds; 0: it will not."""

    def __init__(self, why: str, retry_after: int = 0) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Index(NamedTuple):
    kind: str
    host: str
    port: int
    path: str

    def url(self) -> str:
        return f"https://{self.host}{'' if self.port == 443 else f':{self.port}'}{self.path}"


class File(NamedTuple):
    host: str
    port: int
    path: str


class Place(NamedTuple):
    """What a request is for: an index or a version of it (name, version), a file, or neither."""

    kind: str  # index, version, file, other
    name: str | None = None  # of the package; of a file where its path says it
    version: str | None = None
    file: File | None = None


@dataclass(frozen=True)
class Cooldown:
    host: Any  # policy.HostPattern
    paths: tuple[str, ...]
    ports: frozenset[int]
    seconds: int
    index: Index
    owner: str | None

    def words(self) -> str:
        return f"the rule for {'*.' * self.host.suffix}{self.host.host} lets packages through that are " \
               f"{age_words(self.seconds)} old"


def age_words(seconds: int) -> str:
    count, unit = (seconds // 3600, "hour") if seconds % 86400 else (seconds // 86400, "day")
    return f"{count} {unit}{'s' * (count != 1)}"


def normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def one_reading(target: Target) -> str | None:
    """A path has one age: of the ways in which servers read it, only an encoded slash is no other."""
    plain = target.readings[0].replace("%2F", "/")
    return plain if set(target.readings) <= {target.readings[0], plain} and "//" not in plain else None


def place_of(index: Index, host: str, port: int, path: str) -> Place:
    """Of a path that has one reading."""
    rest = path[len(index.path):]
    if (host, port) == (index.host, index.port) and path.startswith(index.path) and rest[:1] in ("", "/"):
        found = _of_npm(rest) if index.kind == "npm" else _of_pypi(rest)
        if found:
            return found
    for ending in _OF_A_FILE:
        if index.kind == "pypi" and path.endswith(ending):
            path = path[:-len(ending)]
    name = npm_name(path) if index.kind == "npm" else pypi_name(path)
    return Place("file", name, None, File(host, port, path))


def _of_npm(rest: str) -> Place | None:
    if rest in ("", "/") or rest.startswith("/-/") and "/-/" not in rest[1:] and not rest.endswith(".tgz"):
        return Place("other")
    found = _NPM.fullmatch(rest)
    if not found or found[1] == "-":
        return None
    return Place("version" if found[2] else "index", found[1], found[2])


def _of_pypi(rest: str) -> Place | None:
    if rest in ("", "/"):
        return Place("other")
    found = _PYPI.fullmatch(rest)
    return Place("index", normal(found[1])) if found else None


def npm_name(path: str) -> str | None:
    """Whose file it is: what stands before "/-/"."""
    if path.count("/-/") != 1:
        return None
    before = path.partition("/-/")[0].split("/")
    name = "/".join(before[-2:] if len(before) > 2 and before[-2].startswith("@") else before[-1:])
    return name if re.fullmatch(_NPM_NAME, name) else None


def pypi_name(path: str) -> str | None:
    """What stands before the version, which begins with a digit; in a wheel, before the first hyphen."""
    file = path.rpartition("/")[2]
    found = re.match(r"([A-Za-z0-9._]+)-" if file.endswith(".whl") else r"([A-Za-z0-9._-]+?)-[0-9]", file)
    return normal(found[1]) if found else None


def bears(index: Index, name: str, path: str) -> bool:
    """Whether an index's word counts for this file: it has the package's name, as an index could tell lies
    about the files of others."""
    if index.kind == "npm":
        return npm_name(path) == name if "/-/" in path else f"/{name}/" in path
    file = path.rpartition("/")[2]
    if file.endswith(".whl"):
        return pypi_name(path) == name
    return re.match(re.escape(name) + "-[0-9]", normal(file)) is not None


def page(index: Index, name: str) -> str:
    """The path of a package's own index."""
    if index.kind == "npm":
        return f"{index.path}/{name.replace('/', '%2f')}"
    return f"{index.path}/{name}/"


def file_at(index: Index, name: str, url: Any) -> File | None:
    """Of a URL in that package's index; what the proxy would not ask for is none."""
    if not isinstance(url, str):
        return None
    host, port, path = index.host, index.port, url.partition("#")[0].partition("?")[0]
    try:
        if "://" in path:
            scheme, _, path = path.partition("://")
            authority, slash, path = path.partition("/")
            host, port = parse_authority(authority, "https")
            path = slash + path
            if scheme != "https":
                return None
        elif not path.startswith("/"):
            path = _joined(page(index, name), path)
        reading = one_reading(parse_target(path.encode("ascii")))
    except (TargetError, UnicodeEncodeError):
        return None
    return File(host, port, reading) if reading else None


def _joined(base: str, path: str) -> str:
    """RFC 3986 section 5.2, of what begins with "../" at most."""
    folder = base.rpartition("/")[0]
    while path.startswith("../"):
        folder, path = folder.rpartition("/")[0], path[3:]
    return f"{folder}/{path}"
