"""logs and learn: the proxy's decisions, and the firewall's refusals."""

import json
import os
import re
import subprocess
import sys

from say import Failed, Usage, say


def logs(command, options):
    """options: verbs.options."""
    given = options(command.arguments, "logs", denied=False, all=False, follow=False, json=False, check=False, ocsf=False,
                    otlp=True)
    if "check" in given and not given.keys() <= {"check", "json"}:
        raise Usage("logs --check reads all of the log, and ends: beside it stands --json, or nothing")
    if len(given.keys() & {"json", "ocsf", "otlp"}) > 1:
        raise Usage("of --json, --ocsf and --otlp logs takes one")
    words = command.arguments
    if given.get("otlp", "-") != "-":
        import otlp

        otlp.open_file(given["otlp"])
        words = ["-" if word == given["otlp"] else word for word in words]
    command.as_operator("logs", words)
    if "check" in given:
        return check(command, "json" in given)
    show(command, "denied" in given, "all" in given, "follow" in given, form_of(command, given))
    return 0


class Json:
    """As the proxy wrote it."""

    def line(self, _, text):
        return text


class ForPeople:
    def line(self, _, text):
        return for_people(text)


def form_of(command, given):
    """What makes of a line what is printed. On a terminal that is for people; else a line of JSON each."""
    if "ocsf" in given:
        import ocsf

        return ocsf.Ocsf(command.sandbox.name)
    if "otlp" in given:
        import otlp

        return otlp.Otlp(command.sandbox.name, "follow" in given)
    return Json() if "json" in given or not os.isatty(1) else ForPeople()


def show(command, denied, with_verify, follow, form):
    spans = read_spans(command.state) if denied and not with_verify else []
    process = log_process(command, follow)
    try:
        for line in process.stdout:
            line = line.decode("ascii", "replace").rstrip("\n")
            text = shown(command.sandbox.name, line, denied, spans)
            made = None if text is None else form.line(line.partition(" ")[0], text)
            if made is not None:
                say(made)
        made = form.rest() if hasattr(form, "rest") else None
        if made is not None:
            say(made)
    except BrokenPipeError:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    except KeyboardInterrupt:
        pass
    process.terminate()
    process.wait()


def check(command, as_json):
    """The exit code. What the proxy has written is read before the log is, so that the log has at least that."""
    import chain

    one = chain.Check()
    kept = chain.read_kept(f"{command.state.path}/proxy/chain")
    if command.host.system == "linux":
        command.host.ok("journalctl", f"--namespace={command.sandbox.prefix}", "--sync")
    process = log_process(command, follow=False)
    for line in process.stdout:
        one.take(text_of(line.decode("ascii", "replace").rstrip("\n")))
    if process.wait():
        raise Failed("the log cannot be read")
    one.end(kept)
    say(json.dumps(one.for_programs(), indent=2) if as_json else "\n".join(one.for_people()))
    return one.code()


def text_of(line):
    """Without what journalctl writes before it."""
    return line if line.startswith("{") else line.partition(" ")[2].partition(": ")[2]


def log_process(command, follow, lines=None):
    """Our own lines only: the proxy's lie in a journal of their own, and those of the kernel, which is the
    host's, have a prefix."""
    box = command.sandbox
    if command.host.system == "darwin":
        words = ["tail", "-n", "100", "-F", log_file(command)] if follow else ["cat", *log_files(command)]
    else:
        how = ["--follow", "--lines=100"] if follow else ["--no-pager", *([f"--lines={lines}"] if lines else [])]
        words = ["journalctl", "--quiet", "--output=short-iso-precise", "--utc", "--no-hostname",
                 f"--namespace=+{box.prefix}", *how, "SYSLOG_IDENTIFIER=agent-sandbox",
                 f"_SYSTEMD_UNIT={box.prefix}-egress.service", f"_SYSTEMD_UNIT={box.prefix}-capture.service", "+",
                 "SYSLOG_IDENTIFIER=agent-sandbox", f"_SYSTEMD_SLICE={box.table}_ssh.slice", "+",
                 "SYSLOG_IDENTIFIER=agent-sandbox", "_UID=0", "+", "_TRANSPORT=kernel"]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def log_file(command):
    """The job's standard error, as its plist says."""
    plist = f"/Library/LaunchDaemons/org.agent-sandbox.{command.sandbox.name}.egress.plist"
    printed = command.host.text("plutil", "-extract", "StandardErrorPath", "raw", "-o", "-", plist)
    if not printed:
        raise Failed("the proxy has no log")
    return printed.strip()


def log_files(command):
    """With what bin/trim-log took out of it, which comes first."""
    file = log_file(command)
    return [one for one in (f"{file}.1", file) if os.path.isfile(one)]


def shown(name, line, denied, spans):
    """What of a line is shown, or None. What the agent sent is inside the proxy's JSON, which is ASCII; anything
    else that could steer a terminal is dropped here."""
    at, text = line.partition(" ")[0], text_of(line)
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


DEFAULT_PORTS = {"https": 443, "http": 80}


def for_people(text):
    """When, what was decided, of what, and why; below a refusal, the rule that would allow it. The agent chose most of
    it: what is not ASCII, or would begin a line, is a question mark."""
    if not text.startswith("{"):
        fields = dict(re.findall("([A-Z]+)=([^ ]*)", text))
        return f"{'':10}refused  {fields.get('PROTO', '')} to {fields.get('DST', '')} port {fields.get('DPT', '-')}: the firewall"
    try:
        said = json.loads(text)
        port = said.get("port")
        place = f"{said.get('scheme', '')}://{said.get('host', '')}" + (
            f":{port}" if port not in (None, DEFAULT_PORTS.get(said.get("scheme"))) else "")
        if said["event"] == "ssh":
            line = for_ssh(said)
        elif said["event"] == "session":
            line = f"{'session':<9}{said.get('operator')}: {said.get('command')}" + (
                f" ended with {said['code']}" if "code" in said else " begins")
        elif said["event"] != "decision":
            why = next((said[key] for key in ("error", "text", "reason") if key in said), "")
            line = f"{said['event']}  {said.get('host', '')}  {why}"
        elif said["verdict"] == "allow":
            secrets = "".join(f", with {name}" for name in said.get("credentials", ()))
            line = f"{'allowed':<9}{said.get('method')} {place}{said.get('path', '')}: rule {said.get('rule')}{secrets}"
        else:
            verdict = "refused" if said["verdict"] == "deny" else said["verdict"]
            line = f"{verdict:<9}{said.get('method')} {place}{said.get('path', '')}: {said.get('reason')}"
            line += f": {said['sni']}" if "sni" in said else ""
        missing = said.get("missing")
    except (ValueError, KeyError, TypeError, AttributeError):
        return text
    lines = [f"{str(said.get('time', ''))[11:19]:<10}{line}"] + ([f"{'':10}allow    {json.dumps(missing)}"] if missing else [])
    return "\n".join(re.sub("[^ -~]", "?", line) for line in lines)


ASKED = {"login": "login by ssh", "sign-commit": "a signature for git", "bind": "a session of ssh", "keys": "keys of ssh"}


def for_ssh(said):
    """A line of the filter before an operator's ssh-agent."""
    who = f" as {said['user']}" if "user" in said else ""
    what = ASKED.get(said.get("asked"), "the ssh-agent") + (f" at {said['host']}" if "host" in said else "") + who
    key = f" with {said['key']}" if "key" in said else ""
    if said["verdict"] == "allow":
        return f"{'allowed':<9}{what}{key}"
    return f"{'refused':<9}{what}{key}: {said.get('reason')}"


def read_spans(state):
    """When verify attacked (verify.note_attacks), from and to."""
    lines = (state.host.read(state.at("verified")) or b"").decode("ascii", "replace").splitlines()
    pairs = [line.split() for line in lines]
    return [(number(pair[0]), number(pair[1])) for pair in pairs if len(pair) == 2]


def number(text):
    """2026-01-02T03:04:05.678 of any precision and zone as 20260102030405678"""
    digits = re.sub("[^0-9]", "", text.partition("+")[0].partition("Z")[0])
    return int((digits + "0" * 17)[:17])


def learn(command, fold):
    """What the decisions seen so far would need, as a fragment of network.rules. It is printed for a person to
    read and is never applied by itself: the names in it are what the agent asked for. fold: in fewer rules, which let
    through more than that."""
    box = command.sandbox
    if command.host.system == "darwin":
        words = ["cat", *log_files(command)]
    else:
        words = ["journalctl", "--quiet", "--no-pager", "--output=cat", f"--namespace={box.prefix}",
                 "SYSLOG_IDENTIFIER=agent-sandbox", f"_SYSTEMD_UNIT={box.prefix}-egress.service"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as decisions:
        program = f"{command.source.path}/proxy/learn.py"
        return command.host.run(sys.executable, "-IB", program, "--denied", *["--fold"] * fold, "--without",
                                command.state.at("verified"), stdin=decisions.stdout).returncode
