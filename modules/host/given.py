"""The verb secrets: what the commands of credentials give now."""

import verbs
from kinds.command import Given
from rows import commands
from say import Failed, Usage, say, warn


def secrets(command):
    """The proxy is handed what changed: secrets.path (systemd), or launchd, sees it."""
    names = list(command.arguments)
    known = [name for name, kind, _ in command.sandbox.credentials if kind == "command"]
    for name in names:
        if name not in known:
            raise Usage(f"no credential {name} has a command" + (f": {' '.join(known)} {'has' if len(known) == 1 else 'have'} one"
                                                                  if known else ", nor has any other"))
    verbs.need_root(command, "secrets")
    command.as_operator("secrets", names)
    command.state.take_lock()
    change, problems = command.change(), []
    for path, desired in commands(command.sandbox, None):
        if desired[0] in names or not names:
            one = Given(change, path, desired)
            problem = one.loose() or one.renew()
            kept = "; the secret that it gave before stays" if problem and one.is_there() else ""
            problems += [f"{problem}{kept}"] if problem else []
    for problem in problems:
        warn(problem)
    if problems:
        raise Failed(f"{len(problems)} of the commands gave no secret")
    say("as the commands say now: " + " ".join(names or known) if known else "no credential has a command")
    return 0
