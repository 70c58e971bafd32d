"""user, group, member: accounts of Open Directory (macOS). No Mac is in our tests."""

from kinds.account import ANOTHER_UID
from kinds.kind import Kind
from say import Failed, Refused

# dscl is refused single keys (a home, a shell) where the terminal has no leave to administer (TCC), and an apply in the
# middle of it would leave half an account.
LEAVE = ("macOS lets this terminal change no accounts. In Terminal: when it asks whether that may administer your computer, "
         "allow it; or switch Terminal on in System Settings, Privacy & Security, Full Disk Access, and open it anew. Over "
         "ssh: System Settings, General, Sharing, Remote Login, (i), Allow full disk access for remote users")


def read(host, path):
    """{key: its first value}, by one question, and as a property list: in dscl's own text a value with blanks stands on
    another line, and a key that is not there is told on the same output. {} where there is no such record."""
    import plistlib  # loads what no session needs
    from xml.parsers.expat import ExpatError

    try:
        found = plistlib.loads(host.bytes("dscl", "-plist", ".", "-read", path) or b"")
        return {key.rpartition(":")[2]: str(values[0]) for key, values in found.items() if values}
    except (ValueError, AttributeError, ExpatError):
        return {}


def may_administer(host):
    """The home of nobody becomes what it is: nothing but TCC refuses that to root."""
    home = read(host, "/Users/nobody").get("NFSHomeDirectory", "/var/empty")
    return host.ok("dscl", ".", "-change", "/Users/nobody", "NFSHomeDirectory", home, home)


class Record(Kind):
    """user, group: desired: {key: value} in the order in which they are set. Without a home, a shell or the
    password that nothing matches it is not the sandbox's, whatever its number. The password first, and the
    number, without which it is nobody, last; no AuthenticationAuthority, so nobody can log in as it and it has
    no SecureToken (sysadminctl would leave a blank password)."""

    must = True
    folder = number = ""

    def observe(self):
        return read(self.host, f"/{self.folder}/{self.name}")

    def value(self, key):
        return self.observe().get(key, "")

    def differs(self, seen):
        wrong = [f"{key} is {seen.get(key) or 'missing'}, not {value}" for key, value in self.desired.items()
                 if seen.get(key) != value]
        return "; ".join(wrong)

    def check(self, report):
        wanted = self.desired[self.number]
        there = self.value(self.number)
        if there not in ("", wanted):
            report.complain(f"{self.name} has the id {there} here, and the spec says {wanted}")
        found = (self.host.text("dscl", ".", "-search", f"/{self.folder}", self.number, wanted) or "").split()
        if found and found[0] != self.name:
            report.complain(f"the id {wanted} belongs to {found[0]} here: {ANOTHER_UID}")

    def plan(self):
        return "" if self.value(self.number) else f"create {self.kind} {self.name}"

    def converge(self, seen):
        path = f"/{self.folder}/{self.name}"
        self.host.tell("dscl", ".", "-create", path)
        for key, value in self.desired.items():
            if seen.get(key) != value and not self.host.tell("dscl", ".", "-create", path, key, value):
                raise Failed(f"dscl does not set {key} of {path}: {LEAVE}")

    def remove(self):
        if self.observe() and not self.host.ok("dscl", ".", "-delete", f"/{self.folder}/{self.name}"):
            raise Failed(f"{self.kind} {self.name} stays")


class User(Record):
    kind, folder, number = "user", "Users", "UniqueID"

    @classmethod
    def check_all(cls, rows, report):
        super().check_all(rows, report)
        host = rows[0].host
        if host.root and any(row.difference() for row in rows) and not may_administer(host):
            report.complain(LEAVE)

    @classmethod
    def check_removal(cls, rows):
        if any(row.observe() for row in rows) and not may_administer(rows[0].host):
            raise Refused(LEAVE)

    def converge(self, seen):
        """Homes are readable by staff. A membership stands by name and by GeneratedUID, each on its own."""
        super().converge(seen)
        self.host.ok("dseditgroup", "-o", "edit", "-d", self.name, "-t", "user", "staff")
        generated = self.value("GeneratedUID")
        if generated:
            self.host.ok("dscl", ".", "-delete", "/Groups/staff", "GroupMembers", generated)


class Group(Record):
    kind, folder, number = "group", "Groups", "PrimaryGroupID"


class Member(Kind):
    """member: name: who; desired: the group. A home that others may search is open to the agent's user,
    whatever the firewall does; Seatbelt denies it once more."""

    kind = "member"

    def check(self, report):
        if self.name == self.sandbox.agent:
            return
        account = self.host.user(self.name)
        if account is None:
            report.lacks(f"operator '{self.name}' has no account here")
            return
        info = self.host.about(account.pw_dir)
        if info is None or info.st_mode & 0o007:
            report.lacks(f"{account.pw_dir} is open to other users: chmod 700 {account.pw_dir}")

    def differs(self, seen):
        good = self.host.ok("dseditgroup", "-o", "checkmember", "-m", self.name, self.desired)
        return "" if good else f"it is not in {self.desired}"

    def converge(self, seen):
        if not self.host.tell("dseditgroup", "-o", "edit", "-a", self.name, "-t", "user", self.desired):
            raise Failed(f"{self.name} does not become a member of {self.desired}")

    def remove(self):
        """Before the user that it names."""
        self.host.ok("dseditgroup", "-o", "edit", "-d", self.name, "-t", "user", self.desired)
