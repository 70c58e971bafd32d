"""A port that a server can have a while later: tests that start at the same time do not meet there.

A port of the system's choice (bind to 0) is one of net.ipv4.ip_local_port_range, ip(7): once it is let go, the next
connection that anybody here makes may come from it. Below that range only a server that wants it has it.
"""

import contextlib
import random
import socket
import sys

LOWEST, HIGHEST = 10000, 32767


def free_port(*addresses: str) -> int:
    """One that is free at each of the addresses (127.0.0.1 if none is given)."""
    for _ in range(100):
        port = random.randint(LOWEST, HIGHEST)
        try:
            with contextlib.ExitStack() as held:
                for address in addresses or ("127.0.0.1",):
                    held.enter_context(socket.create_server((address, port)))
            return port
        except OSError:
            continue
    raise OSError(f"a hundred ports are taken at one of {addresses}")


if __name__ == "__main__":
    print(free_port(*sys.argv[1:]))
