"""Whether going back from one generation to another could allow something again."""

import json

# What is for the agent's use and holds nothing back, what only names files, and which program keeps the same policy.
SILENT = {"ask", "denied", "cooldowns", "mcp", "mustRefuse", "managed", "engine", "capture", "packages", "git", "dotfiles", "environment", "proxyEnvironment", "hosts", "linux", "darwin"}
# Lists of what is allowed, one thing each. All else, and what a later version adds, must be equal.
GRANTS = {"operators", "workspaces", "unprotect", "relax", "rules", "credentials", "localPorts", "publish", "cidrs"}
WORDS = {"owner", "reason"}
# Of files: what takes something away, and is no less where there is none.
HELD, OPENED = ("hide", "protect"), "unprotect"


def within(old, new):
    """Whether one grant is part of another: lists in it may grow, the rest is the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = (old.keys() | new.keys()) - WORDS - {*HELD, OPENED}
        return sees_no_more(old, new) and all(name in old and name in new and within(old[name], new[name]) for name in names)
    if isinstance(old, list) and isinstance(new, list):
        return bool(old or not new) and granted(old, new)
    return type(old) is type(new) and old == new


def sees_no_more(old, new):
    """Of the files of a workspace, or of all."""
    return (all(granted(new.get(name, []), old.get(name, [])) for name in HELD)
            and granted(old.get(OPENED, []), new.get(OPENED, [])))


def granted(old, new):
    return all(any(within(one, other) for other in new) for one in old)


def signs_no_more(old, new):
    """Of what a session may ask its operator's ssh-agent."""
    if not old or not new:
        return not old
    return all(granted(old[name], new[name]) for name in ("hosts", "keys")) and old["signCommits"] <= new["signCommits"]


def relaxes_the_same(old, new):
    return all(old.get(name) == new.get(name) for name in ("relax", "ssh"))


def waits_as_long(new, old):
    """Whether each age that packages have to have stands there, too, or a longer one."""
    return all(any(within(dict(one, seconds=0), dict(other, seconds=0)) and other["seconds"] >= one["seconds"]
                   for other in old) for one in new)


def calls_no_more(old, new):
    """Of MCP servers: whether each that is read by the new one is read by the old one, too, for no tools besides."""
    def place(one):
        return {name: one[name] for name in ("host", "scheme", "port", "path")}
    read = [place(one) for one in new]
    return all(one in map(place, old) for one in read) and granted([one for one in old if place(one) in read], new)


def allows_no_more(old, new):
    if not granted(new.get("denied", []), old.get("denied", [])):
        return False
    if not granted(new.get("managed", []), old.get("managed", [])):
        return False
    if not waits_as_long(new.get("cooldowns", []), old.get("cooldowns", [])):
        return False
    if not calls_no_more(old.get("mcp", []), new.get("mcp", [])):
        return False
    if not sees_no_more(old, new):
        return False
    for name in (old.keys() | new.keys()) - SILENT - set(HELD):
        one, other = old.get(name), new.get(name)
        if name in GRANTS:
            fits = granted(one or [], other or [])
        elif name == "network":
            fits = allows_no_more(one, other)
        elif name in ("grants", "terminal"):  # what is let through besides
            fits = one is None or one == other
        elif name == "ssh":
            fits = signs_no_more(one, other)
        elif name == "enforcement":
            fits = one in ("enforce", other)
        else:
            fits = one == other
        if not fits:
            return False
    return True


def read(tree, name):
    with open(f"{tree}/{name}", "rb") as file:
        return json.load(file)


def signers(tree):
    """Whose commits may be applied; None where nobody asks."""
    try:
        # What they may sign besides commits says whether there are rows, which are compared themselves.
        with open(f"{tree}/allowed_signers") as file:
            text = file.read().replace(',agent-sandbox-approval"', '"')
        return {"signers": sorted(text.splitlines())}
    except FileNotFoundError:
        return None


def rows(tree):
    """How many must have signed what changes."""
    return read(tree, "spec.json").get("signing", {}).get("require")


def allows_nothing_more(back, now):
    """Whether the generation back (a folder) allows nothing that now does not. What cannot be told is not so."""
    try:
        for name in ("sandbox.json", "proxy/policy.json"):
            if not allows_no_more(read(back, name), read(now, name)):
                return False
        asked = signers(now)
        if asked is not None and not within(signers(back), asked):
            return False
        wanted = rows(now)
        return not wanted or rows(back) == wanted
    except (OSError, ValueError, RecursionError, AttributeError):
        return False
