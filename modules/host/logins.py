"""Logins that the proxy holds: the verbs login and logout, what status says of them, and the
list of them that it gives. Tokens go from a process without rights through a pipe to us, and by the control socket to the proxy."""

import datetime
import json
import os
import sys
import time

import control
import login_files
from kinds.command import who_asks
from say import Failed, Refused, Usage, printable, say, warn

OPTION = "--open-browser"
FILES = ("--from", "--client")
NOBODY = 65534


def known(box, name, verb):
    found = {login["name"]: login for login in box.logins}
    if name in found:
        return found[name]
    asked = f"there is no login {printable(name)[:80]}" if name else f"{verb} which login"
    raise Usage(f"{asked}: {', '.join(found)} {'is' if len(found) == 1 else 'are'} in the spec's \"logins\"" if found else
                f"{asked}: the spec has no \"logins\"")


# -- the verbs --


def login(command):
    """--from takes the file as whoever asks; root, by sudo, is handed it as its input."""
    words, files, opens = list(command.arguments), {}, False
    name = words.pop(0) if words and not words[0].startswith("-") else ""
    while words:
        word = words.pop(0)
        if word in FILES and words and word not in files:
            files[word] = words.pop(0)
        elif word == OPTION:
            opens = True
        else:
            raise Usage(f"{word} needs a file behind it" if word in FILES else f"login does not know '{printable(word)[:80]}'")
    file, client = (files.get(word) for word in FILES)
    if opens and file is not None:
        raise Usage(f"{OPTION} is for a login in a browser: --from has none")
    one = known(command.sandbox, name, "login")
    if file is not None:
        take_input(file)
    client = client and os.path.abspath(client)
    command.as_operator("login", [name, *(["--from", "-"] if file is not None else []), *(["--client", client] if client else []),
                                  *([OPTION] if opens else [])])
    client = client_of(command, one, client, file is not None)
    found = login_files.read(name, sys.stdin.buffer.read(login_files.LONGEST + 1)) if file is not None else \
        signed_in(command, with_client(one, client), opens)
    put(command, name, {**client, **found})
    say(f"logged in to {name}" + described(found, time.time()))
    return 0


def client_of(command, one, path, is_file):
    """{client_id, client_secret}: of that file, which is read as whoever asks; or, of a service that lets no client in without
    its secret, what the proxy has seen of the agent's own; {}."""
    if path:
        by_root = not who_asks(command.sandbox).pw_uid
        return login_files.client(path) if by_root else without_rights(command, lambda: login_files.client(path))
    if not one.get("authorize", {}).get("confidential"):
        return {}
    try:
        with control.connect(command.sandbox, command.host) as proxy:
            said = proxy.ask("login-client", name=one["name"])
    except control.ControlError as why:
        raise Failed(str(why)) from None
    found = {key: said[key] for key in login_files.CLIENT if isinstance(said.get(key), str)}
    if len(found) == len(login_files.CLIENT):
        return found
    lacks = f"{one['name']} renews no login without its client's secret, which nothing here has seen"
    if not is_file:
        raise Refused(f"{lacks}: log in inside once, or name a file that has it: --client FILE")
    warn(f"{lacks}: it ends with its token, unless --client FILE names it")
    return {}


def with_client(one, client):
    """The page that shows a code is the known client's."""
    if not client:
        return one
    made = dict(one)
    for key in {"authorize", "device"} & one.keys():
        made[key] = {**one[key], "client": client["client_id"], "secret": client["client_secret"]}
        if client["client_id"] != one[key]["client"]:
            made[key].pop("pasted", None)
    return made


def take_input(file):
    """It becomes our input, and stays that through sudo."""
    if file == "-":
        return
    try:
        opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"cannot read {printable(file)[:200]}: {error.strerror}") from None
    os.dup2(opened, 0)
    os.close(opened)


def put(command, name, found):
    found = {key: found[key] for key in ("access", "refresh", "id", "until", "who", "plan", "account", "client_id",
                                        "client_secret") if key in found}
    try:
        with control.connect(command.sandbox, command.host) as proxy:
            proxy.ask("login-put", name=name, **found)
    except control.ControlError as why:
        raise Failed(f"the login did not reach the proxy: {why}") from None


def logout(command):
    words = list(command.arguments)
    name = words.pop(0) if words and not words[0].startswith("-") else ""
    if words:
        raise Usage(f"logout does not know '{printable(words[0])[:80]}'")
    one = known(command.sandbox, name, "logout")
    command.as_operator("logout", [name])
    try:
        with control.connect(command.sandbox, command.host) as proxy:
            said = proxy.ask("logout", name=name)
    except control.ControlError as why:
        raise Failed(str(why)) from None
    revoked = revoke(command, one, said.get("refresh") or said.get("access"))
    say(f"logged out of {name}" + (", and the tokens are revoked" if revoked else "; the service was not told, and its own page "
                                   "of devices or sessions ends what it knows"))
    return 0


def revoke(command, one, token):
    """RFC 7009. The tokens are gone from here, whatever the service says."""
    own = one.get("revoke")
    if not own or not token:
        return False
    fields = {"token": token, "client_id": one.get("authorize", {}).get("client", "")}
    import oauth

    way = way_out(command)
    try:
        status, _ = without_rights(command, lambda: oauth.post(own["url"], fields, own.get("body") == "form", way))
    except Failed as why:
        warn(str(why))
        return False
    return status == 200


# -- a login in a browser, by a process without rights --


def signed_in(command, one, opens):
    import oauth

    def show(url, code="", elsewhere=None):
        say(f"Open this page in a browser:\n\n  {printable(url)}\n")
        if code:
            say(f"and enter the code {printable(code)[:40]}\n")
        elif elsewhere:
            say(f"or, where that is on another machine, this one, and paste here what it shows:\n\n  {printable(elsewhere)}\n")
        else:
            say("Where that is on another machine, paste here the address that it ends at.\n")
        if opens:
            open_page(url)

    def flow():
        login = one
        if "resource" in one and "authorize" not in one and "device" not in one:
            import discovery

            login = discovery.completed(one, way)
        found = (oauth.browse if "authorize" in login else oauth.by_device)(login, show, way)
        own = login.get("authorize", login.get("device"))
        client = {"client_id": own["client"], **({"client_secret": own["secret"]} if own.get("secret") else {})}
        return {**client, **found, **oauth.profile(login, found["access"], way)}

    way = way_out(command)
    if not any(key in one for key in ("authorize", "device", "resource")):
        raise Refused(f"{one['name']} has no login outside: log in inside, by the agent's own command, or take its file with --from")
    return without_rights(command, flow)


def way_out(command):
    """(host, port) of the company's proxy that the sandbox's own goes through; None. One that wants a password, or TLS, is not
    asked by us."""
    try:
        own = json.loads(command.host.read(f"{command.sandbox.tree}/proxy/policy.json") or b"{}").get("upstream", {})
    except ValueError:
        return None
    if own.get("tls") or own.get("user"):
        warn("the login goes past network.upstream, whose proxy wants more than a connection")
        return None
    return (own["host"], own["port"]) if own else None


def open_page(url):
    """As whoever asks, which this process is already."""
    import subprocess

    try:
        subprocess.Popen(["xdg-open", url], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    except OSError as error:
        warn(f"xdg-open: {error.strerror}")


def without_rights(command, work):
    """What work gives, done as the operator, or as nobody for root: it speaks with the network and reads what comes."""
    caller = who_asks(command.sandbox)
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        code = 1
        try:
            os.close(reading)
            give_up_rights(caller)
            with open(writing, "w", encoding="ascii") as pipe:
                try:
                    json.dump({"gives": work()}, pipe)
                except Failed as why:
                    json.dump({"failed": str(why)}, pipe)
            code = 0
        except KeyboardInterrupt:
            code = 130
        except BaseException as error:  # nothing of ours runs on in this process
            warn(f"the login broke off: {type(error).__name__}")
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as pipe:
        text = pipe.read(login_files.LONGEST)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    try:
        said = json.loads(text)
    except ValueError:
        raise Failed("the login broke off") from None
    if status or "failed" in said:
        raise Failed(said.get("failed", "the login broke off"))
    return said["gives"]


def give_up_rights(caller):
    if os.geteuid():
        return
    ids = (caller.pw_gid, caller.pw_uid) if caller.pw_uid else (NOBODY, NOBODY)
    os.setgroups(os.getgrouplist(caller.pw_name, caller.pw_gid) if caller.pw_uid else [])
    os.setgid(ids[0])  # of root all three; macOS has no setresgid
    os.setuid(ids[1])
    os.environ["HOME"] = caller.pw_dir if caller.pw_uid else "/"


# -- what is said of them --


def held(change):
    """The proxy's list: [{name, state, who, plan, until, why, placeholders}]. Raises ControlError."""
    with control.connect(change.sandbox, change.host) as proxy:
        said = proxy.ask("logins").get("logins")
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def status_lines(change):
    if not change.sandbox.logins:
        return
    try:
        found = {one.get("name"): one for one in held(change)}
    except control.ControlError as why:
        yield f"FAULT       logins: {why}"
        return
    for one in change.sandbox.logins:
        name = one["name"]
        yield f"login       {name}: " + state_of(found.get(name, {}), name, time.time())


def state_of(one, name, now):
    state = one.get("state", "none")
    if state == "healthy":
        why = one.get("why")
        return "logged in" + described(one, now) + (f"; it gets no new token: {printable(str(why))[:200]}" if why else "")
    if state == "none":
        return f"nobody is logged in: agent-sandbox login {name}"
    why = one.get("why")
    return "ENDED" + (f" ({printable(str(why))[:200]})" if why else "") + described(one, now) + f": agent-sandbox login {name}"


def described(one, now):
    words = [printable(str(one[key]))[:120] for key in ("who", "plan") if one.get(key)]
    until = one.get("until")
    text = f" as {words[0]}" if one.get("who") else ""
    text += f" ({words[-1]})" if one.get("plan") else ""
    if isinstance(until, (int, float)) and 0 < until < 1 << 36:
        end = datetime.datetime.fromtimestamp(until, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        text += f", token until {end}" + ("" if until > now else ", renewed when it is next used")
    return text
