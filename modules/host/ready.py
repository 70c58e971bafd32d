"""Whether a session may start now: not while a change is under way, nor while verify attacks."""

import time

from say import Failed


def require_applied(command):
    state = command.state
    if state.has("pending"):
        if state.is_locked():
            raise Failed("an apply is under way: try again when it is done")
        from apply import Apply

        state.take_lock()
        Apply(command.host, command.source, state).recover()
        raise Failed("look at 'agent-sandbox status' and apply again")
    if state.has("closed"):
        raise Failed("closed, because the last apply did not hold: see 'agent-sandbox verify', and apply again")


def wait_for_verify(command):
    """Whoever finds the file without a verify under way undoes what was cut short."""
    for _ in range(300):
        if not command.state.has("paused"):
            return
        if not command.state.is_locked():
            import verify

            verify.resume(command.host, command.state, command.sandbox)
        time.sleep(0.2)
    raise Failed("a verify is under way: try again when it is done")
