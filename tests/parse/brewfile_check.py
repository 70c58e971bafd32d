"""Checks a Brewfile line by line: one formula or cask each, and no other Ruby.

brewfile_check.py FILE...
"""
import re
import sys

LINE = re.compile(r'(?:(?:brew|cask) "[a-z0-9][a-z0-9@+._-]*")?')


def mistakes(text):
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
    if 'cask "mitmproxy"' not in seen:
        yield 1, "the proxy is missing"


def main(files):
    code = 0
    for path in files:
        with open(path, encoding="ascii", errors="backslashreplace") as file:
            for number, mistake in mistakes(file.read()):
                print(f"{path}:{number}: {mistake}")
                code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
