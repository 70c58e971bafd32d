"""Checks a Brewfile line by line: one formula or cask each, and no other Ruby; and the proxy, unless the tree around
it says that this comes from elsewhere.

brewfile_check.py FILE...
"""
import json
import os
import re
import sys

LINE = re.compile(r'(?:(?:brew|cask) "[a-z0-9][a-z0-9@+._-]*")?')


def engine(path):
    """What the sandbox asks for; auto without a tree."""
    try:
        with open(os.path.join(os.path.dirname(path), "../sandbox.json"), encoding="utf-8") as file:
            return json.load(file)["network"]["engine"]
    except FileNotFoundError:
        return "auto"


def mistakes(text, engine):
    if not text.endswith("\n"):
        yield 1, "no newline at the end"
    seen = set()
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            continue
        if not LINE.fullmatch(line):
            yield number, f"{line!r} is neither a formula nor a cask"
        elif line in seen:
            yield number, f"{line!r} stands twice"
        elif line:
            seen.add(line)
    if ('cask "mitmproxy"' in seen) == (engine == "native"):
        yield 1, "the proxy is missing, or is another one"


def main(files):
    code = 0
    for path in files:
        with open(path, encoding="ascii", errors="backslashreplace") as file:
            for number, mistake in mistakes(file.read(), engine(path)):
                print(f"{path}:{number}: {mistake}")
                code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
