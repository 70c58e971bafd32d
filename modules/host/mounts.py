"""The kernel's new mount interface, as far as workspaces need it: open_tree(2), mount_setattr(2),
move_mount(2), and the user namespace that an idmapped mount takes its mapping from.

Everything goes by descriptor, so a path that changes meanwhile leads nowhere else.
"""

import ctypes
import errno
import os

AT_EMPTY_PATH = 0x1000
AT_RECURSIVE = 0x8000
OPEN_TREE_CLONE = 1
MOVE_MOUNT_F_EMPTY_PATH = 0x04
MOVE_MOUNT_T_EMPTY_PATH = 0x40
RDONLY, NOSUID, NODEV, NOEXEC, IDMAP = 0x1, 0x2, 0x4, 0x8, 0x100000
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
# The same on every architecture: they are younger than the common numbering.
SYS_OPEN_TREE, SYS_MOVE_MOUNT, SYS_MOUNT_SETATTR = 428, 429, 442

# The module signal takes as long to load as all the rest.
SIGKILL = 9

EVERY_ID = 2**32 - 1  # the last one is no id

# What a kernel or a file system says that has no idmapped mounts.
NO_IDMAP = (errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSPC, errno.EUSERS)

libc = ctypes.CDLL(None, use_errno=True)


class Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def call(number, what, *arguments):
    wrapped = [a if not isinstance(a, int) else ctypes.c_long(a) for a in arguments]
    return check(libc.syscall(ctypes.c_long(number), *wrapped), what)


def clone(fd):
    """A detached copy of the mounts at and below fd; closed at exec."""
    flags = AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | os.O_CLOEXEC
    return call(SYS_OPEN_TREE, "open_tree", fd, b"", flags)


def change(tree, flags, userns=0, propagation=0):
    attributes = Attributes(flags, 0, propagation, userns)
    size = ctypes.sizeof(attributes)
    flags = AT_EMPTY_PATH | AT_RECURSIVE
    call(SYS_MOUNT_SETATTR, "mount_setattr", tree, b"", flags, ctypes.byref(attributes), size)


def attach(tree, onto):
    flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
    call(SYS_MOVE_MOUNT, "move_mount", tree, b"", onto, b"", flags)


def kind_of(fd):
    """Of its file system, as statfs(2) has it: a number that tells kinds apart. 0 where nobody knows."""
    about = ctypes.create_string_buffer(512)
    if libc.fstatfs(fd, about):
        return 0
    return ctypes.c_long.from_buffer(about).value & 0xFFFFFFFF


def tmpfs(folder):
    """A file system in memory over it, seen by our mount namespace alone (mount(2)); what is cloned of it outlives that."""
    flags = ctypes.c_ulong(NOSUID | NODEV | NOEXEC)  # MS_NOSUID and so on are the same numbers
    check(libc.mount(b"agent-sandbox", os.fsencode(folder), b"tmpfs", flags, b"mode=0755"), "mount")


def enter(namespace):
    check(libc.setns(namespace, CLONE_NEWNS), "setns")


def leave_alone():
    """From here on, what is mounted is mounted for us alone, and goes with us."""
    check(libc.unshare(CLONE_NEWNS), "unshare")
    check(libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), "mount")


def swap(one, other):
    """The lines of a uid_map in which two ids change places and all others stay."""
    low, high = sorted((one, other))
    lines = [(0, 0, low), (low, high, 1), (low + 1, low + 1, high - low - 1), (high, low, 1)]
    lines.append((high + 1, high + 1, EVERY_ID - high - 1))
    return "".join(f"{a} {b} {n}\n" for a, b, n in lines if n)


def user_namespace(uids, gids):
    """A descriptor of a namespace with these two maps; a process of ours makes it and ends."""
    ready, made = os.pipe()
    never, held = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(held)  # or it would outlive us
            ok = libc.unshare(CLONE_NEWUSER) == 0
            os.write(made, b"y" if ok else b"n")
            os.read(never, 1)
        finally:
            os._exit(1)
    try:
        os.close(made)
        if os.read(ready, 1) != b"y":
            raise OSError(errno.EPERM, "no user namespace can be made")
        for name, text in (("uid_map", uids), ("gid_map", gids)):
            with open(f"/proc/{child}/{name}", "w") as file:
                file.write(text)
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        for fd in (ready, never, held):
            os.close(fd)
        os.kill(child, SIGKILL)
        os.waitpid(child, 0)
