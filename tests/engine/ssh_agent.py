#!/usr/bin/python3
"""tests/engine/ssh_agent.py PROGRAM: see ssh_agent."""

import socket
import struct
import sys
import time

import checks
from checks import check, finish
from ssh_agent_world import FAILURE, IDENTITIES, ME, SIGNED, SUCCESS, Connection, World, bind, login, sign, sshsig, string, strings

MOST, LONGEST = 32, 32 * 1024  # gen/engine/ssh_agent.c, ssh_filter.h
SESSION = b"s" * 32


def refused(world, text, connection, message, why):
    """A failure, with the reason in the log."""
    world.log()
    check(text, (connection.kind(message), [line.get("reason") for line in world.log()]), (FAILURE, [why]))


def logins(world):
    listed, foreign, by_rsa = (world.server(name) for name in ("host", "foreign", "host-rsa"))
    world.begin({"forge.example.org": ["host"], f"[forge.example.org]:{by_rsa}": ["host-rsa"]}, ["mine", "rsa", "p256"])
    check("ssh to a listed host", world.ssh(listed, "echo", "in"), (0, "in\n"))
    said = [(line["asked"], line["verdict"], line["host"]) for line in world.log()]
    check("is in the log", said, [("bind", "allow", "forge.example.org"), ("login", "allow", "forge.example.org")])
    check("with an RSA key of the host's", world.ssh(by_rsa, "echo", "in"), (0, "in\n"))
    code, said = world.ssh(foreign, "echo", "in")
    check("ssh to another host is refused", (code, "Permission denied" in said), (255, True))
    reasons = [line.get("reason") for line in world.log() if line["verdict"] == "deny"]
    check("because of its key", reasons[0], "no host in ssh.hosts has this key")
    proxied = ("-o", f"ProxyCommand=ssh -F none -o UserKnownHostsFile={world.at('known')} -o IdentityFile=none "
                     f"-W 127.0.0.1:{foreign} -p {listed} {ME}@127.0.0.1")
    code, said = world.ssh(foreign, "echo", "in", options=proxied)
    reasons = {line.get("reason") for line in world.log() if line["verdict"] == "deny"}
    check("and through a listed one (jump)", (code, "no host in ssh.hosts has this key" in reasons), (255, True))
    code, said = world.ssh(listed, "ssh-add -l; ssh-add -D; true", options=("-A",))
    reasons = {line.get("reason") for line in world.log()}
    check("the agent is not forwarded", (code, "SHA256" in said, "the agent is not forwarded to any host" in reasons), (0, False, True))
    for name, kind in (("rsa", "RSA"), ("p256", "ECDSA")):
        world.begin({"forge.example.org": ["host"]}, [name])
        check(f"with the operator's {kind} key", world.ssh(listed, "echo", "in"), (0, "in\n"))


def identities(world):
    world.begin({"forge.example.org": ["host"]}, ["mine"])
    world.log()
    said = world.connect().ask(b"\x0b")
    check("only the listed keys are there, without their comments", strings(said[5:]) if said[0] == IDENTITIES else said,
          [world.key("mine"), b"agent-sandbox"])
    check("which no log speaks of", world.log(), [])
    world.begin({"forge.example.org": ["host"]}, ["foreign"])
    check("one that the agent does not have is not", world.connect().ask(b"\x0b"), b"\x0c\0\0\0\0")


def binds(world):
    world.begin({"forge.example.org": ["host", "host-rsa", "host-256", "host-384", "host-521"]}, ["mine", "rsa"])
    mine, host = world.key("mine"), world.key("host")
    for name, flags in (("host", 0), ("host-rsa", 2), ("host-rsa", 4), ("host-256", 0), ("host-384", 0), ("host-521", 0)):
        signed, one = world.signature(name, SESSION, flags), world.connect()
        check(f"a session that {name} has signed ({flags})", one.kind(bind(world.key(name), SESSION, signed)), SUCCESS)
        check("is logged in to", one.kind(sign(mine, login(SESSION, mine, host=world.key(name)))), SIGNED)
        broken = signed[:-1] + bytes([signed[-1] ^ 1])
        refused(world, "a broken signature", world.connect(), bind(world.key(name), SESSION, broken),
                "the host's key has not signed the session")
        refused(world, "a signature of another session", world.connect(), bind(world.key(name), b"t" * 32, signed),
                "the host's key has not signed the session")
    refused(world, "a signature with SHA-1", world.connect(),
            bind(world.key("host-rsa"), SESSION, world.signature("host-rsa", SESSION, 0)),
            "the host's key has not signed the session")
    foreign = world.signature("foreign", SESSION)
    refused(world, "a key of no listed host", world.connect(), bind(world.key("foreign"), SESSION, foreign),
            "no host in ssh.hosts has this key")
    refused(world, "another's signature", world.connect(), bind(host, SESSION, foreign), "the host's key has not signed the session")
    signed, one = world.signature("host", SESSION), world.bound()
    refused(world, "the same again", one, bind(host, SESSION, signed), "the connection is bound to a session already")
    refused(world, "after which nothing is logged in to", world.connect(), bind(host, SESSION, signed, 1),
            "the agent is not forwarded to any host")
    one = world.connect()
    one.ask(bind(host, SESSION, signed, 1))
    refused(world, "a bind after one that was refused", one, bind(host, SESSION, signed),
            "the connection is bound to a session already")
    refused(world, "a question for keys after it", one, b"\x0b", "a bind of this connection was refused")
    refused(world, "a login after it", one, sign(mine, login(SESSION, mine)),
            "the connection is not bound to a session of a host in ssh.hosts")
    refused(world, "an empty session", world.connect(), bind(host, b"", signed), "it is no such message")
    refused(world, "one that is too long", world.connect(), bind(host, b"s" * 129, signed), "it is no such message")
    refused(world, "bytes behind it", world.connect(), bind(host, SESSION, signed) + b"x", "it is no such message")


def signatures(world):
    world.begin({"forge.example.org": ["host", "host-256"]}, ["mine", "rsa"])
    mine, rsa, other, host = (world.key(name) for name in ("mine", "rsa", "other", "host"))
    unbound = "the connection is not bound to a session of a host in ssh.hosts"
    neither = "it is neither a login by ssh nor what git signs"
    refused(world, "a login without a bind", world.connect(), sign(mine, login(SESSION, mine)), unbound)
    one = world.bound()
    check("a login after it", one.kind(sign(mine, login(SESSION, mine))), SIGNED)
    check("another one, too: a key that the host did not take", one.kind(sign(rsa, login(SESSION, rsa, algorithm="rsa-sha2-256"), 2)), SIGNED)
    check("by RSA with SHA-512", one.kind(sign(rsa, login(SESSION, rsa, algorithm="rsa-sha2-512"), 4)), SIGNED)
    for text, message, why in (
            ("another session", sign(mine, login(b"t" * 32, mine)), "it is for another session than the one the connection is bound to"),
            ("a key that is not listed", sign(other, login(SESSION, other)), "the key is not in ssh.keys"),
            ("another key inside", sign(mine, login(SESSION, other)), "it names another key"),
            ("another host inside", sign(mine, login(SESSION, mine, host=world.key("host-256"))), "it names another host's key"),
            ("another service", sign(mine, login(SESSION, mine, service="ssh-userauth")), neither),
            ("another method", sign(mine, login(SESSION, mine, method="hostbased")), neither),
            ("a question and no login", sign(mine, login(SESSION, mine, signs=0)), neither),
            ("bytes behind it", sign(mine, login(SESSION, mine) + b"x"), neither),
            ("a hostbound method without a host", sign(mine, login(SESSION, mine, method="publickey-hostbound-v00@openssh.com")), neither),
            ("SHA-1", sign(rsa, login(SESSION, rsa)), "the key signs with another algorithm"),
            ("an algorithm that the flags do not ask for", sign(rsa, login(SESSION, rsa, algorithm="rsa-sha2-256"), 4), "the key signs with another algorithm"),
            ("any data", sign(mine, b"any data"), neither),
            ("no data", sign(mine, b""), neither),
            ("a commit", sign(mine, sshsig()), 'the spec has no "sign_commits"'),
            ("bytes behind the request", sign(mine, login(SESSION, mine)) + b"x", "it is no such message")):
        refused(world, f"refused is {text}", one, message, why)
    check("and the connection lives on", one.kind(sign(mine, login(SESSION, mine, host=host))), SIGNED)
    world.log()
    one.ask(sign(mine, login(SESSION, mine, user="a\x1b[2Jb\xffc")))
    check("a name that would steer a terminal is not in the log", world.log()[0]["user"], "a?[2Jb??c")


def others(world):
    world.begin({"forge.example.org": ["host"]}, ["mine"], "--sign-commits")
    one, kind = world.bound(), "nothing of this kind is passed on"
    for text, message in (("add a key", b"\x11" + string("ssh-ed25519")), ("add one for a while", b"\x19"), ("remove a key", b"\x12" + string(world.key("mine"))),
                          ("remove all", b"\x13"), ("lock", b"\x16" + string("x")), ("unlock", b"\x17" + string("x")),
                          ("add a smartcard's", b"\x14" + string("/tmp/x.so") + string("")), ("add one with constraints", b"\x1a"),
                          ("version 1's keys", b"\x01"), ("another extension", b"\x1b" + string("query")), ("an extension without a name", b"\x1b"),
                          ("an answer", b"\x0e" + string("x")), ("no such message", b"\xff")):
        refused(world, f"refused is to {text}", one, message, kind)
    check("the agent has its keys still", Connection(world.at("agent")).ask(b"\x0b")[:5], b"\x0c\0\0\0\x04")


def commits(world):
    mine = world.key("mine")
    world.begin({"forge.example.org": ["host"]}, ["mine"], "--sign-commits")
    with open(world.at("data"), "wb") as file:
        file.write(b"tree\n")
    with open(world.at("signers"), "w", encoding="ascii") as file:
        file.write(f"me {world.public('mine')}\n")
    environment = {"SSH_AUTH_SOCK": world.at("socket"), "PATH": "/usr/bin:/bin", "HOME": world.folder}
    world.run("ssh-keygen", "-Y", "sign", "-n", "git", "-f", world.at("mine.pub"), world.at("data"), env=environment)
    with open(world.at("data"), "rb") as data:
        done = world.run("sh", "-c", 'exec "$@" <"$0"', world.at("data"), "ssh-keygen", "-Y", "verify", "-n", "git", "-I", "me", "-f",
                         world.at("signers"), "-s", world.at("data.sig"))
    check("ssh-keygen signs as git asks it to", (done.returncode, b"Good" in done.stdout), (0, True))
    check("which is in the log", [(line["asked"], line["verdict"]) for line in world.log()], [("sign-commit", "allow")])
    done = world.run("ssh-keygen", "-Y", "sign", "-n", "file", "-f", world.at("mine.pub"), world.at("data"), env=environment)
    check("and nothing for another namespace", (done.returncode != 0, world.log()[-1]["reason"]),
          (True, "it is a signature for something else than git"))
    for text, data, why in (("another hash", sshsig(algorithm="md5"), "it is no such message"), ("one of another length", sshsig(digest=b"d" * 32), "it is no such message"),
                            ("a reserved field", sshsig(reserved="x"), "it is no such message"), ("bytes behind it", sshsig() + b"x", "it is no such message"),
                            ("none", b"SSHSIG", "it is neither a login by ssh nor what git signs")):
        refused(world, f"refused is {text}", world.connect(), sign(mine, data), why)
    refused(world, "a key that is not listed signs no commit", world.connect(), sign(world.key("other"), sshsig()), "the key is not in ssh.keys")
    refused(world, "and none on a bound connection", world.bound(), sign(mine, sshsig()), "the connection is bound to a session")


def broken(world):
    world.begin({"forge.example.org": ["host"]}, ["mine"])
    for text, bytes_sent in (("no length", b"\0\0\0\0"), ("one that is too long", struct.pack(">I", LONGEST + 1)), ("one without end", b"\xff\xff\xff\xff")):
        one = world.connect()
        one.socket.sendall(bytes_sent)
        check(f"{text} ends the connection", one.answer(), None)
    one = world.connect()
    check("the longest that may be is read", one.kind(b"\xff" * LONGEST), FAILURE)
    whole = string(b"\x0b")
    for byte in whole:
        one.socket.sendall(bytes([byte]))
        time.sleep(0.002)
    check("a message in pieces", one.answer()[0], IDENTITIES)
    one.socket.sendall(whole * 3)
    check("many at once", [one.answer()[0] for _ in range(3)], [IDENTITIES] * 3)
    for message in (sign(world.key("mine"), login(SESSION, world.key("mine"))), bind(world.key("host"), SESSION, world.signature("host", SESSION))):
        cut = [world.connect().kind(message[:n]) for n in range(1, len(message), 7)]
        check("one that is cut short anywhere is refused", set(cut), {FAILURE})
    one.socket.close()
    crowd = [world.connect() for _ in range(MOST)]
    last = world.connect()
    last.socket.sendall(whole)
    last.socket.settimeout(0.5)
    try:
        got = last.answer()
    except socket.timeout:
        got = "waits"
    check("of many connections the last one waits", got, "waits")
    crowd[0].socket.close()
    last.socket.settimeout(20)
    check("until one has ended", last.answer()[0], IDENTITIES)


def agents(world):
    """The operator's agent, where it is none, or a hostile one."""
    world.begin({"forge.example.org": ["host"]}, ["mine"], agent=world.at("nothing"))
    world.log()
    check("without an agent nothing is there", (world.connect().kind(b"\x0b"), world.log()[0].get("error")), (FAILURE, "the operator's ssh-agent does not answer"))
    mine = world.key("mine")
    for text, said, asked, wanted in (
            ("a list that is cut short", b"\x0c\0\0\0\2" + string(mine) + string("x"), b"\x0b", b"\x05"),
            ("one without end", b"\x0c\xff\xff\xff\xff" + string(mine) + string("x"), b"\x0b", b"\x05"),
            ("something else", b"\x06", b"\x0b", b"\x05"),
            ("a signature with more behind it", b"\x0e" + string("x") + b"x", sign(mine, sshsig()), b"\x05"),
            ("a signature", b"\x0e" + string("x"), sign(mine, sshsig()), b"\x0e" + string("x")),
            ("no success", b"\x06", sign(mine, sshsig()), b"\x05"),
            ("binds that it does not know", b"\x05", bind(world.key("host"), SESSION, world.signature("host", SESSION)), b"\x06")):
        with socket.socket(socket.AF_UNIX) as agent:
            agent.bind(world.at(f"agent-{len(text)}-{checks.passed}"))
            agent.listen()
            world.begin({"forge.example.org": ["host"]}, ["mine"], "--sign-commits", agent=agent.getsockname())
            one = world.connect()
            one.socket.sendall(string(asked))
            agent.settimeout(20)
            asking = agent.accept()[0]
            check("what it is asked is what was asked", asking.recv(9999), string(asked))
            asking.sendall(string(said))
            check(f"of {text} the session gets this", one.answer(), wanted)


def beginnings(world):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(world.at("unused"))
        listener.listen()
        check("without its files it does not begin", world.listening(listener, folder=world.at("nowhere")).wait(20), 1)
        check("which it says", "nowhere/known_hosts" in world.log()[-1]["error"], True)
        with open(world.at("rules/keys"), "w", encoding="ascii") as file:
            file.write("ssh-ed25519 none\n")
        check("nor with a broken one", (world.listening(listener).wait(20), world.log()[-1]["error"].endswith("keys is none of ours")), (1, True))


world = World(sys.argv[1])
try:
    for part in logins, identities, binds, signatures, others, commits, broken, agents, beginnings:
        part(world)
finally:
    world.end()
finish()
