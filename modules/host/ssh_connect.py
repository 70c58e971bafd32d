"""ssh_connect.py PORT HOST HOST_PORT: the way of ssh to a host where nothing is captured (ssh_config(5), ProxyCommand): asks the
proxy, at PORT of the loopback, for a connection (CONNECT), and passes bytes on."""

import os
import select
import socket
import sys

LONGEST_HEAD = 65536


def connect(port, host, host_port):
    one = socket.create_connection(("127.0.0.1", port))
    one.sendall(f"CONNECT {host}:{host_port} HTTP/1.1\r\nHost: {host}:{host_port}\r\n\r\n".encode("ascii"))
    head = b""
    while not head.endswith(b"\r\n\r\n"):  # byte by byte: what stands behind is ssh's
        byte = one.recv(1)
        if not byte or len(head) > LONGEST_HEAD:
            sys.exit("agent-sandbox: the proxy ended the connection")
        head += byte
    status = head.split(b"\r\n")[0].split(b" ")[1:2]
    if status != [b"200"]:
        sys.exit(f"agent-sandbox: the proxy refuses {host}, port {host_port}: 'agent-sandbox logs --denied' says why")
    return one


def write_all(file, data):
    while data:
        data = data[os.write(file, data):]


def pass_on(one):
    files = [0, one]
    while one in files:
        for file in select.select(files, [], [])[0]:
            data = os.read(0, 65536) if file == 0 else one.recv(65536)
            if file == 0 and data:
                one.sendall(data)
            elif data:
                write_all(1, data)
            else:
                files.remove(file)
                if file == 0:
                    one.shutdown(socket.SHUT_WR)


try:
    pass_on(connect(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
except OSError as error:
    sys.exit(f"agent-sandbox: {error.strerror}")
