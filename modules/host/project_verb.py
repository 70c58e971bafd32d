"""agent-sandbox projects: what was used below the roots, and the agent's homes there."""

import json
import os

import project_state
import projects as known
from say import Refused, Usage, say
from verbs import options

THERE = {True: "", False: "; the project is gone", None: "; its root is not there"}


def projects(command):
    given = options(command.arguments, "projects", json=False, remove=True, stale=False)
    if len(given) > 1:
        raise Usage("projects takes one of --json, --remove DIR and --stale")
    if command.sandbox.projects is None and "remove" not in given:
        raise Refused(f"the spec of sandbox {command.sandbox.name} has no \"projects\"")
    if "remove" in given:
        given["remove"] = os.path.realpath(given["remove"])
    command.as_operator("projects", [word for name, value in given.items()
                                     for word in (f"--{name}", *([value] if value is not True else []))])
    account = known.asker(command.sandbox)
    own = project_state.all_of(command.sandbox, account.pw_uid if account else None)
    if "remove" in given:
        return removed(command, [one for one in own if one[1]["path"] == given["remove"]], given["remove"])
    if "stale" in given:
        return removed(command, [one for one in own if project_state.is_there(one[1]) is False])
    found = [project_state.told_of(*one) for one in own]
    if "json" in given:
        say(json.dumps({"roots": command.sandbox.projects.roots, "projects": found}, indent=2))
    else:
        show(command.sandbox, found)
    return 0


def show(sandbox, found):
    say(f"roots       {' '.join(sandbox.projects.roots)}; home: {'per-project' if sandbox.projects.each else 'shared'}")
    for one in found:
        size = "more than " * (not one["counted"]) + f"{one['bytes'] >> 10} KiB"
        home = f", home {size}" if one["home"] else ""
        say(f"project     {printable(one['project'])} ({one['operator']}): used {one['used']}{home}{THERE[one['there']]}")


def printable(text):
    return "".join(c if c.isprintable() else "?" for c in text)


def removed(command, found, named=None):
    """The homes, and what root knows of them; never a project."""
    if named and not found:
        raise Refused(f"no session was ever in {named}")
    for place, about in found:
        project_state.drop(command.host, place, about["path"])
        say(f"removed     the home of {printable(about['path'])}; the project stays as it is")
    return 0
