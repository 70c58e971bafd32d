"""What an operator's session was, in the log of the sandbox: who started which program, and how it ended (Linux). Its lines
are a chain of their own (chain)."""

import hashlib
import json
import os
import pwd
import socket
import time

LONGEST = 256


class SessionLog:
    """session: a Session. The program's name alone: what stands behind it may be a secret."""

    def __init__(self, session, command):
        self.socket = f"/run/systemd/journal.{session.sandbox.prefix}/socket" if session.host.system == "linux" else None
        self.name, self.number, self.digest = f"session-{os.urandom(4).hex()}", 0, "0" * 64
        project = {"project": session.project.path} if getattr(session, "project", None) else {}
        self.said = {"event": "session", "session": session.unit.rpartition("-")[2], "operator": operator(),
                     "command": os.path.basename(command[0] if command else "")[:LONGEST], **project}

    def began(self):
        self.write({})

    def ended(self, code):
        self.write({"code": code})

    def write(self, more):
        if not self.socket:
            return
        now = time.time()
        at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03}+00:00"
        text = json.dumps({"time": at, **self.said, **more, "chain": f"{self.name} {self.number + 1} {self.digest}"}, ensure_ascii=True)
        message = f"SYSLOG_IDENTIFIER=agent-sandbox\nPRIORITY=6\nMESSAGE={text}\n".encode()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(message, socket.MSG_DONTWAIT, self.socket)
        except OSError:
            return  # a session does not depend on it
        self.number += 1
        self.digest = hashlib.sha256(text.encode()).hexdigest()


def operator():
    """Who asked sudo; else who we are."""
    number = os.environ.get("SUDO_UID", "")
    number = int(number) if number.isascii() and number.isdigit() and len(number) < 11 else os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return str(number)
