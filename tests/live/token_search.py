"""Whether any form of these tokens (a line each on the standard input) is in what a sandbox's agent is or leaves: the memory,
environment and arguments of its processes, its home and workspaces, /tmp, the journals and what lies in /var/lib.

    token_search.py USER

Says where; exits with 1 when something was found, or nothing of the agent's runs."""

import base64
import itertools
import os
import pathlib
import pwd
import subprocess
import sys
import urllib.parse

TOKENS = [line for line in sys.stdin.read().split("\n") if len(line) >= 16]
USER = pwd.getpwnam(sys.argv[1])
PIECE, PAGE = 1 << 20, 4096


def forms(token: str):
    """As gen/engine/redact_forms.c knows them; of a JWT its signature, whose claims anybody may see."""
    raw = token.rpartition(".")[2].encode() if token.count(".") == 2 else token.encode()
    yield raw
    yield urllib.parse.quote(raw, safe="").encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield raw[::-1]
    for shift in range(3):  # wherever it stands in what is encoded
        for code in (base64.b64encode, base64.urlsafe_b64encode):
            text = code(b"\0" * shift + raw).rstrip(b"=")
            yield text[(0, 2, 3)[shift]: -2]


FORMS = sorted({one for token in TOKENS for one in forms(token) if len(one) >= 16})


class Search:
    """By grep, which looks for many texts at once. Without zeros: characters of two bytes, as JavaScript may have them, are
    then of one, and what was never written costs nothing."""

    def __init__(self):
        reading, writing = os.pipe()
        with open(writing, "wb") as file:
            file.write(b"\n".join(FORMS))
        self.grep = subprocess.Popen(["grep", "-qaF", "-f", f"/dev/fd/{reading}"], stdin=subprocess.PIPE, pass_fds=[reading])
        os.close(reading)
        self.looked = 0

    def add(self, data: bytes):
        self.looked += len(data)
        try:
            self.grep.stdin.write(data.translate(None, b"\0"))
        except BrokenPipeError:  # it has found one
            pass

    def found(self) -> bool:
        try:
            self.grep.stdin.close()
        except BrokenPipeError:
            pass
        return self.grep.wait() == 0


def memory(process: pathlib.Path):
    """What it has written and is there of it: engines of JavaScript keep far more than that for themselves (proc(5), pagemap),
    and to read beyond would have it made. Pieces of one mapping come one behind the other, so that none is cut in two."""
    with (process / "mem").open("rb", buffering=0) as file, (process / "pagemap").open("rb", buffering=0) as pages:
        for line in (process / "maps").read_text().splitlines():
            start, end = (int(one, 16) for one in line.split()[0].split("-"))
            if not line.split()[1].startswith("rw") or line.endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                continue
            for at in range(start, end, PIECE):
                pages.seek(at // PAGE * 8)
                if max(pages.read(PIECE // PAGE * 8)[7::8], default=0) < 0x80:
                    continue
                file.seek(at)
                try:
                    yield file.read(min(PIECE, end - at))
                except OSError:
                    break


def of_processes():
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == USER.pw_uid:
                yield str(process), itertools.chain(((process / name).read_bytes() for name in ("environ", "cmdline")), memory(process))
        except OSError:
            continue


def of_files():
    for folder in (USER.pw_dir, "/srv/agent-sandbox", "/tmp", "/var/tmp", "/var/lib/agent-sandbox", "/run/agent-sandbox", "/etc/agent-sandbox"):
        for path in pathlib.Path(folder).rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield str(path), [path.read_bytes()]
    for words in (["--namespace=*"], []):
        yield "journal", [subprocess.run(["journalctl", "-q", "-o", "json", *words], stdout=subprocess.PIPE, check=False).stdout]


def looked_at(pieces) -> tuple[bool, int]:
    one = Search()
    try:
        for piece in pieces:
            one.add(piece)
    except OSError:  # a process has ended
        pass
    return one.found(), one.looked


assert TOKENS and looked_at([b"x" + FORMS[-1] + b"y"])[0]
found, processes = [], 0
there, looked = looked_at(piece + b"\n" for _, pieces in of_files() for piece in pieces)
if there:
    found += [where for where, pieces in of_files() if looked_at(pieces)[0]]
for where, pieces in of_processes():
    there, size = looked_at(pieces)
    processes, looked = processes + 1, looked + size
    found += [where] if there else []
print(f"{len(TOKENS)} tokens, {processes} processes, {looked} bytes: {' '.join(found) or 'nowhere'}")
sys.exit(1 if found or not processes else 0)
