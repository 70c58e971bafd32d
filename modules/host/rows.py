"""What a row of TABLE 8 is, and what both systems' tables have in common."""

import hashlib

import grants_files
import told


class Row:
    """objects(sandbox, change) yields (name, desired)"""

    def __init__(self, kind, objects, after=()):
        self.kind, self.objects, self.after = kind, objects, after


def one(name, desired=None):
    """A row of one object, whose name is an attribute of the sandbox, or a text."""
    def objects(sandbox, _):
        yield getattr(sandbox, name, name), desired
    return objects


def commands(box, _):
    """The file that keeps what it gave, as gen/render/units.c names it, too; the credential, and its command in words."""
    for name, kind, text in box.credentials:
        if kind == "command":
            digest = hashlib.sha256(text.encode()).hexdigest()[:16]
            yield f"{box.state}/given/{name}-{digest}", (name, text.split(" "))


def login_keys(box, _):
    if box.logins:
        yield f"{box.state}/login-key.cred", None


def ports(sandbox, _):
    yield sandbox.proxy_port, "proxy"
    for number in sandbox.publish:
        yield number, "publish"


def commits(_, change):
    commit = change.commit or change.state.current()
    if commit:
        yield commit, None


def markers(_, __):
    yield "pending", None
    yield "closed", None


def grant_files(box, _):
    if box.grants is not None:
        yield grants_files.run_file(box), "run"
        yield grants_files.state_file(box), "state"


def told_files(box, _):
    yield f"{told.folder(box)}/{told.FILE}", None


def accounts(box, _):
    for name in (box.agent, box.proxy, box.relay):
        yield name, None


def managed_files(box, _):
    yield from box.managed


def disks(box, _):
    if box.disk:
        yield box.disk, None
