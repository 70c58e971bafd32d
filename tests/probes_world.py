"""The host's side of tests/probes: whatever a probe attacks is there, open, and answers wrongly.

    probes_world.py UID PORT CERTIFICATE FOLDER SOCKET...

Listens as UID; says in FOLDER/facts what verify would have found out.
"""

import os
import socket
import ssl
import sys
import threading

uid, proxy_port, certificate, folder, paths = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5], sys.argv[5:]
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate)


def answer(one):
    try:
        with one:
            asked = one.recv(9999)
            while asked[:1] > b"\x05" and not asked.endswith(b"\r\n\r\n"):
                asked += one.recv(9999)
            if asked[:1] == b"\x05":
                one.sendall(b"\x05\x00")
            elif asked.startswith(b"CONNECT"):
                one.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                with tls.wrap_socket(one, server_side=True) as inner:
                    inner.recv(9999)
                    inner.sendall(PAGE)
            elif asked:
                one.sendall(PAGE)
    except OSError:
        pass


def serve(listener):
    while True:
        one, _ = listener.accept()
        threading.Thread(target=answer, args=(one,), daemon=True).start()


def hang_up(listener):
    # The C library would wait for an answer of nscd.
    while True:
        listener.accept()[0].close()


kept = []
for path in {os.path.realpath(path) for path in paths}:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    kept.append(socket.socket(socket.AF_UNIX))
    kept[-1].bind(path)
    kept[-1].listen()
    threading.Thread(target=hang_up, args=(kept[-1],), daemon=True).start()
abstract = socket.socket(socket.AF_UNIX)
abstract.bind("\0probes-world")
abstract.listen()
os.seteuid(uid)
for port in (22, 25, 53, 80, 443, 853, 8080, proxy_port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=200)
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
for port in (53, 67, 123, 443, 5353):
    kept.append(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
    kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as mDNSResponder shares 5353
    kept[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    kept[-1].bind(("::", port))
os.seteuid(0)
with open(folder + "/facts.new", "w") as file:
    file.write(f"HOST_LISTENERS='8080'\nHOST_ADDRESSES='192.0.2.9'\nPROXY_PID='{os.getpid()}'\n")
    file.write(f"HOST_ABSTRACT='{os.fstat(abstract.fileno()).st_ino}'\n")
os.rename(folder + "/facts.new", folder + "/facts")
threading.Event().wait()
