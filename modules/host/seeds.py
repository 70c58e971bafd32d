"""What a session is given, so that the agent's program takes itself for logged in: its own file, with placeholders, which the
session's first process (bin/linux-session) copies to where none is."""

import datetime
import json
import os
import time

import control
import logins
from say import warn

PLACE = "/run/agent-sandbox-seeds"
LEFT_OUT = object()


def seed(change, session):
    """Files of placeholders beside the session, which its first process copies to where none is. The proxy says them: where
    it cannot be asked, the session starts without."""
    wanted = [one for one in change.sandbox.logins if one.get("seed")]
    if not wanted or change.host.system != "linux":
        return
    try:
        found = {one.get("name"): one for one in logins.held(change)}
    except control.ControlError as why:
        warn(f"the session has no login: {why}")
        return
    files = {}
    for one in wanted:
        held_one = found.get(one["name"], {})
        if held_one.get("state") == "healthy" and isinstance(held_one.get("placeholders"), dict):
            files.update({path: filled(text, held_one, time.time()) for path, text in one["seed"].items()})
    if not files:
        return
    folder = f"{session.scratch}/seeds"
    os.mkdir(folder, 0o755)
    write(f"{folder}/list", "".join(f"{number} {path}\n" for number, path in enumerate(files)))
    for number, text in enumerate(files.values()):
        write(f"{folder}/{number}", json.dumps(text, indent=2) + "\n")
    session.more.append(f"BindReadOnlyPaths={folder}:{PLACE}")


def write(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "w", encoding="utf-8") as file:
        file.write(text)


def filled(value, one, now):
    """The template with what the proxy says in place of @...@; a key whose value is nowhere is left out. Its end lies far
    away: it is the proxy that refreshes."""
    if isinstance(value, dict):
        made = {key: filled(inner, one, now) for key, inner in value.items()}
        return {key: inner for key, inner in made.items() if inner is not LEFT_OUT}
    if isinstance(value, list):
        return [filled(inner, one, now) for inner in value]
    if not isinstance(value, str) or not (value.startswith("@") and value.endswith("@")):
        return value
    word = value[1:-1]
    if word == "until-ms":
        return int(now + 365 * 24 * 3600) * 1000
    if word == "now":
        return datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = one["placeholders"].get(word, one.get(word))
    return found if isinstance(found, str) and found else LEFT_OUT
