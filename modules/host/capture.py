"""Whether what knows no proxy is taken to it here: network.capture. It is the second half of our own proxy's program, so
it is there where that is, whichever program the proxy itself is."""

from engine import PROGRAMS
from places import others_may_replace, somewhere

FOLDER = "/etc/systemd/system"


def units(box):
    return [f"{box.prefix}-capture.socket", f"{box.prefix}-capture.service"]


def program(host):
    """Its path; None. One that others could replace is none (engine.loose says so, where it is the proxy's too)."""
    path = somewhere(PROGRAMS["native"]) if host.system == "linux" else None
    return path if path and not others_may_replace(path) else None


def settle(host, box, applies):
    """Leaves its units out of the sandbox's where they are not on this host. apply looks for the program; all others for
    what apply has made, so that a program that comes later keeps no session from starting."""
    wanted = box.system == "linux" and units(box)[0] in box.units
    box.captures = wanted and bool(program(host) if applies else host.about(f"{FOLDER}/{units(box)[0]}"))
    if wanted and not box.captures:
        box.units = [name for name in box.units if name not in units(box)]
        box.start = [name for name in box.start if name not in units(box)]


def lines(host, box, by_nix=False):
    """For status: why it is not there, nor what stands before an ssh-agent."""
    ssh = ["ssh         none, so no session has a key: 'make install' of agent-sandbox puts agent-sandbox-proxy there"]
    return (ssh if box.ssh is not None and box.system == "linux" and not program(host) else []) + captures(host, box, by_nix)


def captures(host, box, by_nix):
    if not box.capture or box.captures or box.system != "linux":
        return []
    then = "apply takes it up" if program(host) else "'make install' of agent-sandbox puts agent-sandbox-proxy there"
    then = "inputs.agent-sandbox in the spec gives them one" if by_nix else then
    return [f"capture     none, so programs that know no proxy have no network: {then}"]
