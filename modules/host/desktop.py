"""The one way to an operator who is elsewhere: his desktop (notify-send, osascript), or a program of root's, with his own rights
and rarely. What the agent chose of a text is cleaned, short, and no markup."""

import os
import subprocess

import choices

APART, PER_HOUR = 5, 60  # seconds between two, and how many an hour, whatever is asked
PATIENCE = 10  # seconds for a program
LONGEST = 160  # characters of the agent's choice


class Desktop:
    """account: pwd's entry of whose it is."""

    def __init__(self, change, account):
        self.host, self.system, self.account, self.times = change.host, change.sandbox.system, account, []

    def may_tell(self, now):
        self.times = [at for at in self.times if now - at < 3600]
        if self.times and now - self.times[-1] < APART or len(self.times) >= PER_HOUR:
            return False
        self.times.append(now)
        return True

    def words(self, title, body):
        """None where there is no program for it."""
        if self.system == "darwin":
            script = ["on run argv", "display notification (item 1 of argv) with title (item 2 of argv)", "end run"]
            return ["/bin/launchctl", "asuser", str(self.account.pw_uid), "/usr/bin/osascript",
                    *(word for line in script for word in ("-e", line)), body, title]
        program = self.host.have("notify-send")
        body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return program and [program, "--app-name=agent-sandbox", "--", title, body]

    def show(self, title, body, patience=PATIENCE):
        words = self.words(title, body)
        if words:
            self.start(words, patience=patience)

    def start(self, words, data=b"", patience=PATIENCE):
        """As the operator, with nothing of our environment."""
        account, running = self.account, f"/run/user/{self.account.pw_uid}"
        made = {"HOME": account.pw_dir, "USER": account.pw_name, "LOGNAME": account.pw_name, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        if self.system == "linux":
            made.update(XDG_RUNTIME_DIR=running, DBUS_SESSION_BUS_ADDRESS=f"unix:path={running}/bus")
        rights = {"user": account.pw_uid, "group": account.pw_gid,
                  "extra_groups": os.getgrouplist(account.pw_name, account.pw_gid)} if self.host.root else {}
        try:
            subprocess.run(words, input=data, env=made, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                           timeout=patience, start_new_session=True, **rights)
        except (OSError, subprocess.TimeoutExpired):
            pass  # whoever is told looks in any case


def clean(text):
    return choices.clean(text, LONGEST)
