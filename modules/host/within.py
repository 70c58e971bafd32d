"""Whether a session is in a folder that is about to be taken away: asked by land, which is no root, and answered by root's half,
of the asker's own sessions alone."""

import fcntl
import os
import subprocess

from say import Failed, Refused, Usage, say

UNKNOWN = "?"  # in the place of a number: one is there, and nobody knows which


def require_none(command, folder):
    for number in numbers(command, folder):
        which = "a session" if number == UNKNOWN else f"session {number}"
        raise Refused(f"{which} is in {folder}: end it first" + (f" (agent-sandbox stop {number})" if number != UNKNOWN else ""))


def numbers(command, folder):
    if command.host.system != "linux" or not os.path.isdir(command.state.at("current")):
        return []
    words = command.words_as_operator("run", ["--sessions", "within", folder])
    if words is None:
        return list(found(command, folder))
    done = subprocess.run(words, stdin=None, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise Failed(f"nobody could be asked whether a session is in {folder}")
    return done.stdout.decode("ascii", "replace").split()


def answer(command, words):
    if len(words) != 1 or not words[0].startswith("/"):
        raise Usage("within what?")
    for number in found(command, words[0]):
        say(number)
    return 0


def found(command, folder):
    import kept
    import session_verbs

    folder = os.path.realpath(folder)
    seen = False
    for place in kept.places(command.sandbox):
        about = place.about()
        begins = (about["folder"], about["how"].get("project") or "")
        if place.code() is None and session_verbs.is_own(place) and any(lies_in(one, folder) for one in begins):
            seen = True
            yield place.number
    for number, uid, _ in session_verbs.tied(command):
        if kept.own_uid() in (0, uid) and lies_in(folder_of(number), folder):
            seen = True
            yield number
    if not seen and command.sandbox.projects and is_held(command.sandbox, folder):
        yield UNKNOWN


def lies_in(path, folder):
    return (os.path.realpath(path) + "/").startswith(folder + "/") if path else False


def folder_of(number):
    try:
        return os.readlink(f"/proc/{number}/cwd")
    except OSError:
        return ""


def is_held(sandbox, folder):
    """By a session in that project (project_state), wherever it was begun from."""
    import projects

    account = projects.asker(sandbox)
    for uid in [account.pw_uid] if account else [one.pw_uid for one in projects.people(sandbox)]:
        try:
            place = os.open(projects.place_of(sandbox, uid, folder), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(place)
    return False
