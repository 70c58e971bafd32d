"""Which program the proxy is: the spec says so (network.engine), or leaves it to this host."""

import os
import re

from places import elsewhere, others_may_replace, somewhere

OWN = os.path.dirname(os.path.abspath(__file__))
with open(f"{OWN}/engines.txt", encoding="ascii") as table:
    # {engine: program}, in the order of "auto"
    PROGRAMS = dict(line.split() for line in table if not line.startswith("#"))
# The folder below linux/ that has the proxy's unit for it.
FOLDERS = {"mitmproxy": "systemd", "native": "native"}


def place(host, engine):
    """The path of its program here; None."""
    if host.system == "darwin":
        return (host.text("sh", f"{os.path.dirname(OWN)}/bin/darwin-egress", "which", engine) or "").strip() or None
    return host.have(PROGRAMS[engine]) or somewhere(PROGRAMS[engine])


def allowed(wanted):
    return list(PROGRAMS) if wanted == "auto" else [wanted]


def choose(host, wanted):
    """The one that apply takes here; None where no program is there that may be the proxy."""
    return next((one for one in allowed(wanted) if place(host, one)), None)


def sources(change, unit):
    """Where the tree has a unit. The proxy's it has for each engine that the spec allows: the one that apply takes is the
    first."""
    box = change.sandbox
    if unit != f"{box.prefix}-egress.service":
        return [f"linux/systemd/{unit}"]
    if "engine" not in change.cache:
        change.cache["engine"] = change.again and one_before(change) or choose(change.host, box.engine)
    order = sorted(allowed(box.engine), key=lambda one: one != change.cache["engine"])
    return [f"linux/{FOLDERS[one]}/{unit}" for one in order]


def note(change, engine):
    """Before the proxy becomes another program: which one it was, for a way back, where both are the same generation's."""
    change.cache["another proxy"] = True
    if engine and not change.again:
        change.state.write("engine", engine)


def one_before(change):
    """What the proxy was before the change that is undone; None where it cannot be that."""
    noted = (change.host.read(change.state.at("engine")) or b"").decode("ascii", "replace").strip()
    return noted if noted in allowed(change.sandbox.engine) and place(change.host, noted) else None


def started(program):
    """The path by which a unit starts it; None: its name, which systemd finds. Our own is always started by its path."""
    return somewhere(program) if program == PROGRAMS["native"] else elsewhere(program)


def loose(host, wanted):
    """Who else could put another proxy in the place of this one, in words; ''. On macOS that is how Homebrew is."""
    engine = choose(host, wanted)
    path = engine and (started(PROGRAMS[engine]) if host.system == "linux" else os.path.realpath(place(host, engine)))
    replaced = path and others_may_replace(path)
    return f"whoever may change {replaced} would have the secrets: {path} is the proxy" if replaced else ""


STARTED = re.compile(rb"(?m)^(ExecStart=)([a-z][a-z0-9-]*)(?= )")


def with_paths(text):
    """A unit as it is installed here: by its path, what systemd would not find, and our own proxy."""
    def start(found):
        path = started(found[2].decode())
        return found[0] if path is None else found[1] + os.fsencode(path)

    return text and STARTED.sub(start, text)


def of_unit(text):
    """(engine, program) that a unit of the proxy's starts; (None, None)"""
    found = re.search(r"(?m)^ExecStart=(\S+)", (text or b"").decode("utf-8", "replace"))
    path = found and found[1]
    return next(((one, path) for one, name in PROGRAMS.items() if path and os.path.basename(path) == name), (None, None))


def of_nix(host, box):
    """The same of a host that Nix's modules apply: what they start there, whatever else is installed."""
    if host.system == "darwin":
        found = (host.read(f"{box.state}/managed-by-nix") or b"").decode("utf-8", "replace").split()
        return tuple(found) if len(found) == 2 else (None, None)
    units = (host.read(f"{folder}/systemd/system/{box.prefix}-egress.service") for folder in ("/etc", "/run"))
    return of_unit(next(filter(None, units), None))
