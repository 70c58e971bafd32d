#!/usr/bin/python3 -SB
"""tests/proxy/mcp_auth.py FOLDER: a login on the host to an MCP server of MCP's own SDK (npm), with the SDK's authorization server.
FOLDER: has node_modules; tests/proxy/mcp_sdk makes it."""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "modules/host")]

import discovery  # noqa: E402
import oauth  # noqa: E402
from ports import free_port  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1])
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": {}}}


def main() -> None:
    shutil.copy(HERE / "mcp_auth.mjs", FOLDER)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", FOLDER / "key", "-out", FOLDER / "certificate"],
                   capture_output=True, check=True)
    os.environ["SSL_CERT_FILE"] = str(FOLDER / "certificate")
    port = free_port()
    place = f"https://localhost:{port}"
    with subprocess.Popen(["node", "mcp_auth.mjs", "certificate", "key", str(port)], cwd=FOLDER, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout.readline() == "ready\n"
            logged_in(place)
        finally:
            server.kill()


def logged_in(place: str) -> None:
    fields = {"access": "/access_token", "refresh": "/refresh_token", "expires_in": "/expires_in", "id": "/id_token"}
    login = discovery.completed({"name": "locked", "resource": f"{place}/mcp",
                                 "token": [{"url": f"{place}/token", "body": "form", "fields": fields}]})
    shown, context = [], ssl.create_default_context()

    def show(url, **_):
        shown.append(url)
        threading.Thread(target=lambda: urllib.request.urlopen(url, context=context).read()).start()  # follows to the door

    found = oauth.browse(login, show)
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(shown[0]).query))
    assert asked["client_id"] == login["authorize"]["client"] and asked["resource"] == f"{place}/mcp", asked
    assert asked["scope"] == "mcp:tools", asked
    head = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    for own, wanted in (({"Authorization": f"Bearer {found['access']}"}, 200), ({}, 401)):
        status, said = oauth.ask("POST", f"{place}/mcp", {**head, **own}, json.dumps(CALL).encode())
        assert status == wanted, (status, said)
        assert wanted != 200 or said["result"]["content"][0]["text"] == "did search", said


main()
