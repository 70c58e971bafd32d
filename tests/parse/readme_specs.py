#!/usr/bin/env python3
"""Each spec, and each piece of one, that README.md shows in a ```json or ```jsonc block is one that `check` takes.

    tests/parse/readme_specs.py PROGRAM SCHEMA README.md
        a piece goes where the schema says that all of its keys are; prints what is refused, and ends 1 then
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

SPEC = {"version": 1, "name": "demo", "operators": ["me"], "workspaces": [{"path": "/srv/agent-sandbox/demo"}],
        "network": {"rules": [{"host": "api.anthropic.com", "owner": "me", "reason": "the agent's own"}]}}


def blocks(text: str) -> list[tuple[int, str]]:
    """With the line on which each begins."""
    found = re.finditer(r"^ *```jsonc?\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, one.start()) + 1, one[1]) for one in found]


def read(block: str) -> dict:
    text = re.sub(r"\s// .*$", "", block, flags=re.MULTILINE)
    return json.loads(text if text.lstrip().startswith("{") else "{" + text + "}")


def places(schema: dict) -> list[tuple[str, set[str]]]:
    """Where a piece may stand, and the keys that are there; the outermost first."""
    network = schema["properties"]["network"]["properties"]
    return [("", set(schema["properties"])), ("network", set(network)),
            ("network/rules", set(network["rules"]["items"]["properties"])),
            ("credentials", set(schema["properties"]["credentials"]["items"]["properties"]))]


def whole(piece: dict, place: str) -> dict:
    if "version" in piece:
        return piece
    spec = copy.deepcopy(SPEC)
    if place == "":
        spec.update(piece)
    elif place == "network":
        spec["network"].update(piece)
    elif place == "network/rules":
        spec["network"]["rules"].append(piece)
    else:
        spec[place] = [piece]
    return spec


def certificate(folder: pathlib.Path) -> None:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=Corp CA", "-keyout", folder / "key", "-out", folder / "corp-ca.pem"],
                   check=True, capture_output=True)


def refusals(program: str, spec: dict) -> str:
    """What `check` says, in a folder that has what specs of the README name beside themselves."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certificate(folder)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "id"], check=True)
        key = " ".join((folder / "id.pub").read_text().split()[:2])
        text = json.dumps(spec, indent=1).replace("ssh-ed25519 AAAA...", key)
        (folder / "agent-sandbox.json").write_text(text)
        done = subprocess.run([program, "check", folder / "agent-sandbox.json"], capture_output=True, text=True)
        return "" if done.returncode == 0 else done.stderr or f"check ended with {done.returncode}"


def main() -> int:
    program, schema, readme = sys.argv[1:]
    known, bad = places(json.loads(pathlib.Path(schema).read_text())), 0
    found = blocks(pathlib.Path(readme).read_text())
    for line, block in found:
        piece = read(block)
        place = next((name for name, keys in known if piece.keys() <= keys), None)
        why = "no place in a spec has all of these keys" if place is None else refusals(program, whole(piece, place))
        if why:
            bad += 1
            print(f"{readme}:{line}: {why}")
    if not found:
        print(f"{readme}: no specs in it")
    return 1 if bad or not found else 0


if __name__ == "__main__":
    sys.exit(main())
