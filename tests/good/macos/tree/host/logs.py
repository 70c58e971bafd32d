"""logs and learn: the proxy's decisions, and the firewall's refusals."""

import os
import re
import subprocess
import sys

from say import Failed, say


def show(command, denied, with_verify, follow):
    spans = read_spans(command.state) if denied and not with_verify else []
    process = log_process(command, follow)
    try:
        for line in process.stdout:
            line = shown(command.sandbox.name, line.decode("ascii", "replace").rstrip("\n"), denied, spans)
            if line is not None:
                say(line)
    except BrokenPipeError:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    except KeyboardInterrupt:
        pass
    process.terminate()
    process.wait()


def log_process(command, follow):
    """Our own lines only: the proxy's lie in a journal of their own, and those of the kernel, which is the
    host's, have a prefix."""
    box = command.sandbox
    if command.host.system == "darwin":
        words = ["tail", "-n", "100", "-F"] if follow else ["cat"]
        words.append(log_file(command))
    else:
        how = ["--follow", "--lines=100"] if follow else ["--no-pager"]
        words = ["journalctl", "--quiet", "--output=short-iso-precise", "--utc", "--no-hostname",
                 f"--namespace=+{box.prefix}", *how, "SYSLOG_IDENTIFIER=agent-sandbox",
                 f"_SYSTEMD_UNIT={box.prefix}-egress.service", "+", "_TRANSPORT=kernel"]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def log_file(command):
    """The job's standard error, as its plist says."""
    plist = f"/Library/LaunchDaemons/org.agent-sandbox.{command.sandbox.name}.egress.plist"
    printed = command.host.text("plutil", "-extract", "StandardErrorPath", "raw", "-o", "-", plist)
    if not printed:
        raise Failed("the proxy has no log")
    return printed.strip()


def shown(name, line, denied, spans):
    """What of a line is shown, or None. What the agent sent is inside the proxy's JSON, which is ASCII; anything
    else that could steer a terminal is dropped here."""
    at, _, rest = line.partition(" ")
    text = line if line.startswith("{") else rest.partition(": ")[2]
    if re.search("[\\x00-\\x1f\\x7f]", line):
        return None
    if text.startswith("{"):
        refused = '"verdict": "deny"' in text
        if denied and not refused and '"event": "refusals-untold"' not in text:
            return None
    elif not text.startswith(f"denied {name}: "):
        return None
    else:
        refused = True
    return None if refused and any(since <= number(at) <= until for since, until in spans) else text


def read_spans(state):
    """When verify attacked (verify.note_attacks), from and to."""
    lines = (state.host.read(state.at("verified")) or b"").decode("ascii", "replace").splitlines()
    pairs = [line.split() for line in lines]
    return [(number(pair[0]), number(pair[1])) for pair in pairs if len(pair) == 2]


def number(text):
    """2026-01-02T03:04:05.678 of any precision and zone as 20260102030405678"""
    digits = re.sub("[^0-9]", "", text.partition("+")[0].partition("Z")[0])
    return int((digits + "0" * 17)[:17])


def learn(command):
    """What the decisions seen so far would need, as a fragment of network.rules. It is printed for a person to
    read and is never applied by itself: the names in it are what the agent asked for."""
    box = command.sandbox
    if command.host.system == "darwin":
        words = ["cat", log_file(command)]
    else:
        words = ["journalctl", "--quiet", "--no-pager", "--output=cat", f"--namespace={box.prefix}",
                 "SYSLOG_IDENTIFIER=agent-sandbox", f"_SYSTEMD_UNIT={box.prefix}-egress.service"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as decisions:
        program = f"{command.source.path}/proxy/learn.py"
        return command.host.run(sys.executable, "-IB", program, "--denied", "--without", command.state.at("verified"),
                                stdin=decisions.stdout).returncode
