"""The way out for an agent's own login: the program that it opens URLs with (bin/login-browser, by BROWSER) hands them out
through a FIFO of the session, and they are printed, never opened unless the operator asked for it. Where one is the page of
a login of this sandbox, as its client would have it, and comes back to a port of the session's own, a door stands there
for so long: one GET of that path with that state passes, and the page that the browser sees is ours."""

import ctypes
import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import callback
from say import printable

PLACE = "/run/agent-sandbox-browser"
LONGEST = 4096  # bytes: of a FIFO a line of so many comes whole (pipe(7))
MOST = 20  # URLs of a session
PAUSE = 1  # seconds between two
PATIENCE = 600  # seconds that a door stands
NEW_NETWORK = 0x40000000  # sched.h: CLONE_NEWNET
LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Way:
    """One session's; a context, which it ends with. opens: whether the operator wants them in his browser."""

    def __init__(self, change, session, opens=False):
        self.change, self.session, self.opens = change, session, opens

    def __enter__(self):
        place = f"{self.session.scratch}/browser"
        os.mkfifo(place, 0o200)
        os.chown(place, self.change.sandbox.agent_uid, 0)
        # Ours is open for writing as well, so that there is never an end of it.
        self.pipe = os.open(place, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self.over, self.end = os.pipe()
        self.session.more += [f"BindReadOnlyPaths={place}:{PLACE}",
                              f"Environment=BROWSER={self.change.sandbox.state}/current/bin/login-browser"]
        return self

    def begin(self):
        """Once the session has started: no process of ours is forked beside a thread."""
        threading.Thread(target=self.listen, daemon=True).start()

    def __exit__(self, *_):
        os.close(self.end)

    def listen(self):
        for line in lines(self.pipe, self.over):
            url = clean(line)
            if url:
                self.show(url)
                time.sleep(PAUSE)

    def show(self, url):
        name, back = asked_for(url, self.change.sandbox.logins)
        tell(f"the agent asks to open, to log in to {name}: {url}" if name else
             f"the agent asks to open what is no login of this sandbox: {url}")
        if name and back:
            door = Door(back, f"/run/netns/{self.change.sandbox.namespace}")
            if door.problem:
                tell(door.problem)
            else:
                threading.Thread(target=door.stand, args=(self.over,), daemon=True).start()
        if name and self.opens:
            open_as_operator(self.change, url)


def tell(text):
    """The terminal is the session's and may be in raw mode."""
    print(f"agent-sandbox: {printable(text)}", end="\r\n" if os.isatty(2) else "\n", file=sys.stderr, flush=True)


def lines(pipe, over):
    """What is longer than a line may be is left out, whole, and so is all that comes after the last one of so many."""
    text, skip, count = b"", False, 0
    while count < MOST:
        if over in select.select([pipe, over], [], [])[0]:
            return
        text += os.read(pipe, LONGEST)
        while b"\n" in text and count < MOST:
            line, _, text = text.partition(b"\n")
            if not skip and len(line) < LONGEST:
                count += 1
                yield line
            skip = False
        if len(text) >= LONGEST:
            text, skip = b"", True


def clean(line):
    """An http(s) URL of visible ASCII characters (RFC 3986); ""."""
    text = line.decode("ascii", "replace")
    return text if re.fullmatch(r"https?://[!#-;=?-\[\]_a-z~%]+", text) else ""


def asked_for(url, logins):
    """(the login whose page this is, where it comes back to): the client that it is for must be the login's own, or whoever
    consents would let in somebody else's; ("", None)."""
    try:
        parts = urllib.parse.urlsplit(url)
        pairs = urllib.parse.parse_qsl(parts.query, strict_parsing=True, max_num_fields=50)
    except ValueError:
        return "", None
    fields = dict(pairs)
    if parts.fragment or len(fields) != len(pairs):
        return "", None
    for login in logins:
        own = login.get("authorize")
        if own and f"{parts.scheme}://{parts.netloc}{parts.path}" in (own["url"], *own.get("pages", [])) and \
                fields.get("client_id") == own["client"] and fields.get("response_type") == "code":
            back = back_to(fields.get("redirect_uri", ""))
            if back or fields.get("redirect_uri") == own.get("pasted"):
                return login["name"], back and (*back, fields.get("state", ""))
        device = login.get("device")
        if device and f"{parts.scheme}://{parts.netloc}{parts.path}" == device.get("page"):
            return login["name"], None
    return "", None


def back_to(redirect):
    """(port, path) of a callback on the session's own loopback; None."""
    try:
        parts = urllib.parse.urlsplit(redirect)
        port = parts.port
    except ValueError:
        return None
    good = parts.scheme == "http" and not parts.query and not parts.fragment and parts.netloc in [f"{name}:{port}" for name in LOCAL]
    return (port, parts.path or "/") if good and port and port >= 1024 else None


class Door:
    """back: (port, path, state)."""

    def __init__(self, back, namespace):
        (self.port, self.path, self.state), self.namespace = back, namespace
        self.doors, self.problem = [], "its address has no state, so no door opens for what comes back: paste the code inside"
        if self.state:
            self.doors, _, problem = callback.listen(self.port)
            self.problem = problem and f"{problem}: paste the code inside"

    def stand(self, over):
        """Until it was gone through, or the session ends, or nobody comes."""
        end = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < end:
                ready = select.select([*self.doors, over], [], [], end - time.monotonic())[0]
                if over in ready:
                    return
                if ready and self.visited(ready[0]):
                    return
        finally:
            for one in self.doors:
                one.close()

    def visited(self, door):
        """Whether that was it."""
        connection, _ = door.accept()
        with connection:
            target = callback.requested(connection)
            if not self.is_it(target):
                callback.respond(connection, "404 Not Found", "Nothing is here.")
                return False
            status = self.hand_in(target)
            if 200 <= status < 400:
                callback.respond(connection, "200 OK", "Handed to the agent: go back to its terminal.")
            else:
                callback.respond(connection, "502 Bad Gateway", "The agent did not take it: look at its terminal.")
            return True

    def is_it(self, target):
        """Any page may send a browser here: only what came from that login knows its state."""
        parts = urllib.parse.urlsplit(target)
        fields = urllib.parse.parse_qsl(parts.query)
        return parts.path == self.path and [value for key, value in fields if key == "state"] == [self.state] and \
            re.fullmatch(r"[!-~]{1,8192}", target) is not None

    def hand_in(self, target):
        """The status of what listens inside; 0 for none. What it says besides is not for the operator's browser, where it
        would be a page of this host's own."""
        found = []
        # A namespace is a thread's.
        thread = threading.Thread(target=lambda: found.append(connected(self.namespace, self.port)))
        thread.start()
        thread.join()
        if not found or found[0] is None:
            return 0
        with found[0] as inside:
            try:
                inside.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost:{self.port}\r\nConnection: close\r\n\r\n".encode("ascii"))
                said = inside.recv(64)
            except OSError:
                return 0
        status = re.match(rb"HTTP/1\.[01] ([1-5][0-9]{2}) ", said)
        return int(status[1]) if status else 0


def connected(namespace, port):
    """A connection inside that namespace; None. The thread stays there."""
    try:
        with open(namespace, "rb") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), NEW_NETWORK):
                return None
        for address in ("127.0.0.1", "::1"):
            try:
                return socket.create_connection((address, port), timeout=30)
            except ConnectionRefusedError:
                continue
    except OSError:
        pass
    return None


def open_as_operator(change, url):
    from kinds.command import environment, who_asks

    program, caller = change.host.have("xdg-open"), who_asks(change.sandbox)
    if not program or not caller.pw_uid:
        return
    with open(os.devnull, "r+b") as nothing:
        subprocess.Popen([program, url], env=environment(caller), cwd="/", stdin=nothing, stdout=nothing, stderr=nothing,
                         user=caller.pw_uid, group=caller.pw_gid,
                         extra_groups=os.getgrouplist(caller.pw_name, caller.pw_gid), start_new_session=True)
