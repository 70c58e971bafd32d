"""darwin.py [OPTION]... PROGRAM [ARGUMENT]...: this Python as one on a Mac: sys.platform is built in, so it is
set before the program begins, and what Linux alone has is not there. Options of Python's own are taken as given."""

import fcntl
import os
import re
import resource
import runpy
import select
import signal
import socket
import sys
import time

LINUX_ALONE = {
    os: "O_PATH O_TMPFILE O_DIRECT O_NOATIME O_LARGEFILE O_RSYNC (get|set|list|remove)xattr XATTR_.* unshare setns CLONE_.* "
        "eventfd.* EFD_.* memfd_create MFD_.* pidfd_open splice SPLICE_.* copy_file_range sched_(get|set|rr).* fdatasync pipe2 "
        "posix_fadvise posix_fallocate POSIX_FADV_.* (get|set)res[ug]id getrandom GRND_.* waitid P_PIDFD",
    signal: "SIGRT.* SIGPOLL SIGPWR SIGSTKFLT SIGCLD sigtimedwait sigwaitinfo pidfd_send_signal",
    socket: "SO_(PEERCRED|PASSCRED|BINDTODEVICE|MARK|DOMAIN|PROTOCOL|PEERSEC) (AF|PF)_(NETLINK|PACKET|VSOCK|ALG|TIPC|CAN) "
            "SOCK_(CLOEXEC|NONBLOCK) TCP_(USER_TIMEOUT|QUICKACK|DEFER_ACCEPT) MSG_CMSG_CLOEXEC",
    select: "epoll EPOLL.*",
    fcntl: "F_(SET|GET)PIPE_SZ F_(ADD|GET)_SEALS F_SEAL_.* F_NOTIFY DN_.* F_(SET|GET)SIG F_(SET|GET)LEASE",
    resource: "prlimit RLIMIT_(SIGPENDING|MSGQUEUE|NICE|RTPRIO|RTTIME|OFILE)",
    time: "CLOCK_(BOOTTIME|TAI)",
}
PATTERNS = {module: re.compile("|".join(names.split())) for module, names in LINUX_ALONE.items()}


def main():
    for module, pattern in PATTERNS.items():
        for name in [name for name in vars(module) if pattern.fullmatch(name)]:
            delattr(module, name)
    words = sys.argv[1:]
    while words[0].startswith("-"):
        words = words[2:] if words[0] == "-X" else words[1:]
    sys.platform, sys.argv = "darwin", words
    runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    main()
