"""What operators let through for a while: the two files that the proxy reads (grants_files.py says what is in them), and
who may have what in them. Root alone writes them, under a lock of its own, for an operator whom sudo names."""

import contextlib
import fcntl
import json
import os
import re
import sys
import time

import grants_files
from say import Failed, Refused, warn

MOST = 400  # of each kind in a file; the proxy takes 1000 of both
LONGEST = 1 << 20  # bytes
FOREVER = 99999999999  # "never", until somebody revokes it
NO_PORTS = {"https": 443, "http": 80}
ID = re.compile(r"[gn][0-9a-f]{8}(-s[0-9]{1,10})*")


def clock():
    """Seconds that nobody sets back."""
    return int(time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)))


def reader():
    """The proxy's own, of names and paths: it takes a whole file or nothing of it."""
    own = os.path.realpath(f"{os.path.dirname(os.path.realpath(__file__))}/../proxy")
    if own not in sys.path:
        sys.path.append(own)
    import target

    return target


class Grants:
    """host: this one; box: the sandbox that is applied."""

    def __init__(self, host, box):
        self.host, self.box = host, box
        self.places = {"run": grants_files.run_file(box), "state": grants_files.state_file(box)}
        self.record = f"{box.state}/granted"

    # -- reading --

    def read(self, where):
        text = self.host.read(self.places[where])
        if text is None:
            return [], []
        try:
            found = json.loads(text)
            lists = [list(filter(is_one, found[name])) for name in ("grants", "refusals")]
            if len(text) > LONGEST or any(len(one) != len(found[name]) for one, name in zip(lists, ("grants", "refusals"))):
                raise ValueError
            return lists
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Failed(f"{self.places[where]} is not as it was written: 'agent-sandbox revoke --all' begins anew") from None

    def all(self):
        """(where, whether it refuses, it), of those that have not ended."""
        for where in self.places:
            for refuses, ones in enumerate(self.read(where)):
                for one in ones:
                    if not self.has_ended(one):
                        yield where, bool(refuses), one

    def has_ended(self, one):
        if one.get("until", FOREVER) <= time.time() or one.get("boot_until", FOREVER) <= clock():
            return True
        runs = sessions_of(one)
        return bool(runs) and not any(self.runs(run) for run in runs)

    def runs(self, run):
        if self.box.system == "darwin":
            return b"agent-sandbox" in (self.host.bytes("ps", "-o", "command=", "-p", run) or b"")
        return self.host.ok("systemctl", "--quiet", "is-active", f"{self.box.prefix}.session-{run}.service")

    # -- writing --

    @contextlib.contextmanager
    def locked(self):
        lock = os.open(f"{self.box.state}/.granting", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def write(self, where, granted, refused):
        """What has ended is left out."""
        lists = [[one for one in ones if not self.has_ended(one)] for ones in (granted, refused)]
        data = json.dumps({"version": 1, "grants": lists[0], "refusals": lists[1]}, indent=1).encode() + b"\n"
        if any(len(ones) > MOST for ones in lists) or len(data) > LONGEST:
            raise Refused(f"{MOST} grants and {MOST} refusals are the most: revoke some first")
        entry = self.host.user(self.box.proxy)
        if entry is None:
            raise Failed(f"there is no user {self.box.proxy}")
        path = self.places[where]
        if where == "run":
            self.host.make_folder(os.path.dirname(path))
            self.host.give(os.path.dirname(path), entry.pw_gid, 0o750)
        self.host.write(path, data, 0o640, entry.pw_gid)
        import hashlib  # loads what no session needs

        known = {**self.written(), path: hashlib.sha256(data).hexdigest()}
        self.host.write(self.record, "".join(f"{digest} {name}\n" for name, digest in sorted(known.items())).encode(), 0o600)

    def written(self):
        """{path: the SHA-256 of what we wrote there}"""
        lines = (self.host.read(self.record) or b"").decode("ascii", "replace").splitlines()
        return {name: digest for digest, _, name in (line.partition(" ") for line in lines)}

    def add(self, where, one, refuses=False):
        with self.locked():
            lists = self.read(where)
            lists[refuses].append(one)
            self.write(where, *lists)

    def take(self, wanted):
        """Those that wanted(one) says go; gives them."""
        gone = []
        with self.locked():
            for where in self.places:
                lists = self.read(where)
                found = [one for ones in lists for one in ones if wanted(one)]
                if found:
                    self.write(where, *([one for one in ones if one not in found] for ones in lists))
                gone += found
        return gone

    def forget(self):
        with self.locked():
            for path in [*self.places.values(), self.record]:
                self.host.unlink(path)

    # -- what may be granted --

    def check(self, one, seconds):
        """Within grants.most of the applied spec, and so spelled that the proxy takes it."""
        most, target = self.box.grants, reader()
        try:
            if target.parse_name(one["host"]) != one["host"]:
                raise target.TargetError("the host is in lower case")
            for path in one["paths"]:
                target.check_pattern(path)
        except target.TargetError as why:
            raise Refused(f"that cannot be granted: {why}") from None
        if any(not re.fullmatch("[A-Z][A-Z-]{0,31}", method) or method in ("CONNECT", "TRACE") for method in one["methods"]):
            raise Refused("that cannot be granted: a method is one of HTTP's, in capitals, and never CONNECT or TRACE")
        if most["hosts"] is not None and not any(covers(pattern, one["host"]) for pattern in most["hosts"]):
            raise Refused(f"{one['host']} is not among the hosts that may be granted here (grants.most): "
                          f"{', '.join(most['hosts']) or 'none'}")
        methods = [method for method in one["methods"] if most["methods"] is not None and method not in most["methods"]]
        if methods:
            raise Refused(f"{', '.join(methods)} may not be granted here (grants.most): {', '.join(most['methods']) or 'nothing may'}")
        if seconds > most["seconds"]:
            raise Refused(f"that is longer than a grant may last here (grants.most): {span(most['seconds'])}")


def is_one(one):
    return (isinstance(one, dict) and isinstance(one.get("id"), str) and ID.fullmatch(one["id"]) is not None
            and all(isinstance(one.get(key), kind) for key, kind in (("host", str), ("methods", list), ("paths", list), ("owner", str)))
            and all(isinstance(word, str) for word in one["methods"] + one["paths"])
            and all(type(one.get(key, 1)) is int for key in ("until", "boot_until", "uses"))
            and all(type(port) is int for port in one.get("ports", [])))


def covers(pattern, host):
    return host == pattern or pattern.startswith("*.") and host.endswith(pattern[1:])


def sessions_of(one):
    """By the processes of their runs: they stand in the id, because the proxy knows no sessions."""
    return one["id"].split("-s")[1:]


def new_id(refuses=False, sessions=()):
    return ("n" if refuses else "g") + os.urandom(4).hex() + "".join(f"-s{run}" for run in sessions)


def span(seconds):
    """3600 as 1h."""
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def what(one):
    """In words: never more than it is."""
    scheme = one.get("scheme", "https")
    ports = one.get("ports", [NO_PORTS.get(scheme)])
    port = "" if ports == [NO_PORTS.get(scheme)] else f":{','.join(map(str, ports))}"
    query = "" if "query" not in one else f" with the query {'&'.join(one['query'])}" if one["query"] else " without a query"
    return f"{','.join(one['methods'])} {scheme}://{one['host']}{port}{','.join(one['paths'])}{query}"


def until(one):
    words = ["once"] if one.get("uses") == 1 else []
    runs = sessions_of(one)
    if runs:
        words.append(f"while the session{'s' * (len(runs) > 1)} of run {', '.join(runs)} last{'s' * (len(runs) == 1)}")
    end = one.get("until", FOREVER)
    if end < FOREVER:
        words.append(f"until {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(end))}")
    return ", ".join(words) or "for good"


# -- who --


def operator(host, box):
    """The name of who asks, whom the applied spec lets grant. sudo says who it is; without sudo it is root."""
    uid = os.environ.get("SUDO_UID", "0") if host.root else str(os.getuid())
    account = host.user(int(uid)) if re.fullmatch("[0-9]{1,10}", uid) else None
    if box.grants is None:
        raise Refused("nothing can be granted here: the applied spec has no \"grants\"")
    if uid == "0":
        return "root"
    for name in box.grants["by"]:
        entry = host.user(name)
        if account and entry and entry.pw_uid == account.pw_uid:
            return name
    raise Refused(f"{account.pw_name if account else uid} may not grant anything here: grants.by of the applied spec names "
                  f"{', '.join(box.grants['by']) or 'nobody'}")


def note(host, box, event, by, one):
    """In the system's log, under root's hand: who let what through."""
    said = {"event": event, "sandbox": box.name, "by": by, "id": one["id"], "what": what(one), "until": until(one)}
    host.ok("logger", "-t", "agent-sandbox", "-p", "authpriv.notice", "--", json.dumps(said))


def look(host, box):
    """The running proxy reads the files at the next request in any case; this lets go on what waits."""
    import control

    try:
        with control.connect(box, host) as proxy:
            proxy.ask("look")
    except control.ControlError as why:
        warn(f"written, and not taken up yet: {why}")
