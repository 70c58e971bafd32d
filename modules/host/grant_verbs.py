"""The verbs grant, revoke and grants."""

import calendar
import json
import re
import time

import grants
import told
from say import Refused, Usage, printable, say

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
ENDED = "--ended"  # for revoke, from a unit of ours alone
ONCE, WORKED = 600, 3600  # seconds: how long a grant waits for its one request; and where no time is said


def grant(command):
    words = command.arguments
    one, how = parse(words)
    command.as_operator("grant", words)
    box, host = command.sandbox, command.host
    store, by = grants.Grants(host, box), grants.operator(host, box)
    make(store, one, how, by, running(command.change()))
    made_known(command.change(), "grant", by, one)
    say(f"granted {one['id']}: {grants.what(one)}, {grants.until(one)}")
    return 0


def parse(words):
    """(what is to be granted, how: for, until, once, session), of the command line"""
    rest, one, how = list(words), {"methods": []}, {}
    place = rest.pop(0) if rest and not rest[0].startswith("-") else None
    if place is None:
        raise Usage("grant what? HOST, HOST/PATH or a URL")
    while rest:
        word = rest.pop(0)
        if word in ("--once", "--session"):
            how[word[2:]] = True
            continue
        if word not in ("--method", "--for", "--until", "--reason"):
            raise Usage(f"grant does not know '{printable(word)[:80]}'")
        if not rest:
            raise Usage(f"{word} needs a word behind it")
        value = rest.pop(0)
        if word == "--method":
            one["methods"].append(value)
        elif word == "--reason":
            one["reason"] = value
        else:
            how[word[2:]] = seconds_of(value) if word == "--for" else date_of(value)
    if len({"for", "until"} & how.keys()) > 1 or len({"session", "until"} & how.keys()) > 1:
        raise Usage("grant takes one of --for, --until and --session")
    one["methods"] = one["methods"] or ["GET"]
    reason = one.get("reason", "")
    if len(reason) > 200 or not reason.isprintable():
        raise Usage("a reason is one line of at most 200 characters")
    return {**one, **place_of(place)}, how


def place_of(text):
    match = re.fullmatch(r"(?:(https?)://)?([^/:@?#\s]+)(?::([0-9]{1,5}))?(/[^?#\s]*)?", text)
    if not match or not 0 < int(match[3] or 443) < 65536:
        raise Usage(f"'{printable(text)[:80]}' is no HOST, HOST/PATH or URL")
    scheme, port = match[1] or "https", int(match[3] or 0)
    found = {"host": match[2], "paths": [match[4] or "/**"]}
    if scheme == "http":
        found["scheme"] = scheme
    if port and port != grants.NO_PORTS[scheme]:
        found["ports"] = [port]
    return found


def seconds_of(text):
    match = re.fullmatch("([1-9][0-9]{0,5})([smhd])", text)
    if not match:
        raise Usage(f"--for takes a time such as 90s, 30m, 2h or 7d, not '{printable(text)[:40]}'")
    return int(match[1]) * UNITS[match[2]]


def date_of(text):
    """The end of that day, in UTC."""
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        end = calendar.timegm(time.strptime(text, "%Y-%m-%d")) + 86400
    except ValueError:
        raise Usage(f"--until takes a day such as 2027-01-31, not '{printable(text)[:40]}'") from None
    if end <= time.time():
        raise Refused(f"{text} is over")
    return end


def running(change):
    """The runs whose sessions are there."""
    if change.sandbox.system == "darwin":
        return [line.split()[0] for line in (change.host.text("ps", "-axo", "pid=,command=") or "").splitlines()
                if f"/{change.sandbox.name}/current/bin/agent-sandbox" in line and re.search(r" (run|shell)( |$)", line)]
    import table

    units = [unit for kind, items in table.groups(change) if kind.is_sessions for item in items for unit in item.units()]
    names = [unit[len(f"{change.sandbox.prefix}.session-"): -len(".service")] for unit in units]
    return [name for name in names if name.isdigit()]


def make(store, one, how, by, runs):
    """Settles when it ends, checks it, and writes it."""
    most, now = store.box.grants["seconds"], int(time.time())
    one["owner"] = by
    if how.get("session") and not runs:
        raise Refused("no session runs, so nothing can be granted while one does")
    one["id"] = grants.new_id(sessions=runs if how.get("session") else ())
    if how.get("once"):
        one["uses"] = 1
    usual = most if how.get("session") else min(most, ONCE if how.get("once") else WORKED)
    end = how.get("until", now + how.get("for", usual))
    store.check(one, end - now)
    one["until"] = end
    if "until" not in how:
        one["boot_until"] = grants.clock() + end - now
    store.add("state" if "until" in how else "run", one)
    for run in grants.sessions_of(one) if store.box.system == "linux" else ():
        end_with(store, run)


def end_with(store, run):
    """Whatever ends the session, its run killed or not: a unit that goes with it has what hung on it taken away. One is
    enough for a session, and there it stays."""
    box, session = store.box, f"{store.box.prefix}.session-{run}.service"
    store.host.ok("systemd-run", "--quiet", "--collect", f"--unit={box.prefix}.grants-{run}",
                  f"--description=what is granted while a session of sandbox {box.name} lasts", "--property=Type=oneshot",
                  "--property=RemainAfterExit=yes", f"--property=BindsTo={session}",
                  f"--property=ExecStopPost={box.state}/current/bin/agent-sandbox revoke {ENDED} {run}", "--", "/bin/true")


def take_ended(change, run=None):
    """Of sessions that are over; run: one that is ending."""
    store = grants.Grants(change.host, change.sandbox)

    def is_over(one):
        return bool(grants.sessions_of(one)) and not any(other != run and store.runs(other) for other in grants.sessions_of(one))

    if store.host.read(store.places["run"]) and store.take(is_over):
        grants.look(change.host, change.sandbox)
        told.provide(change, again=True)


def refuse(store, one, by, seconds=None):
    """No: for so long, or for ever."""
    found = {key: value for key, value in one.items() if key not in ("uses", "until", "boot_until")}
    found.update(id=grants.new_id(True), owner=by, until=grants.FOREVER if seconds is None else int(time.time()) + seconds)
    if seconds is not None:
        found["boot_until"] = grants.clock() + seconds
    store.add("state" if seconds is None else "run", found, refuses=True)
    return found


def made_known(change, event, by, one):
    grants.note(change.host, change.sandbox, event, by, one)
    grants.look(change.host, change.sandbox)
    told.provide(change, again=True)


def revoke(command):
    words = command.arguments
    if words[:1] == [ENDED] and len(words) == 2:
        command.as_operator("revoke", words)
        take_ended(command.change(), words[1])
        return 0
    if len(words) != 1 or words[0].startswith("-") and words[0] != "--all":
        raise Usage("revoke takes an ID, a HOST, or --all")
    command.as_operator("revoke", words)
    box, host, word = command.sandbox, command.host, words[0]
    store, by = grants.Grants(host, box), grants.operator(host, box)
    if word == "--all":
        try:
            gone = store.take(lambda one: True)
        except grants.Failed:
            store.forget()
            gone = []
    else:
        gone = store.take(lambda one: word in (one["id"], one["host"]))
        if not gone:
            raise Refused(f"nothing is granted by the name {printable(word)[:80]}: see 'agent-sandbox grants'")
    change = command.change()
    for one in gone:
        grants.note(host, box, "revoke", by, one)
    grants.look(host, box)
    told.provide(change, again=True)
    for one in gone:
        say(f"revoked {one['id']}: {grants.what(one)}")
    if not gone:
        say("nothing is granted")
    return 0


def listing(command):
    words = command.arguments
    if words not in ([], ["--json"]):
        raise Usage("grants takes --json, and nothing else")
    command.as_operator("grants", words)
    found = list(grants.Grants(command.host, command.sandbox).all())
    if words:
        rows = [{**one, "refuses": refuses, "survives_reboot": where == "state"} for where, refuses, one in found]
        say("[" + ",".join("\n  " + json.dumps(row) for row in rows) + "\n]")
        return 0
    for line in lines(found):
        say(line)
    if not found:
        say("nothing is granted")
    return 0


def lines(found):
    for _, refuses, one in found:
        reason = f": {one['reason']}" if one.get("reason") else ""
        said = f"{'refused' if refuses else 'granted'} {one['id']}  {grants.what(one)}, {grants.until(one)}, by {one['owner']}{reason}"
        yield "".join(c if " " <= c <= "~" else "?" for c in said)
