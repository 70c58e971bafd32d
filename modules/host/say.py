"""What is said, and how it ends: 0 done, 1 the system failed or a guarantee is broken, 2 the input is
wrong, 3 drift."""

import sys


class Failed(Exception):
    """The system failed: a sentence for the operator."""

    code = 1


class Refused(Failed):
    """The input is wrong, or the host is not one that this can be done on."""

    code = 2


class Usage(Refused):
    """The command line is wrong."""


def printable(text):
    """A path may be of anybody's choice, and the terminal is the operator's."""
    return "".join(c if c in "\t\n" or c.isprintable() else "?" for c in text)


def in_line(text):
    """The same in a line of ours, which it does not end."""
    return "".join(c if c.isprintable() else "?" for c in text)


def lines_of(output, most):
    """The first lines of what a program printed (bytes), fit for the terminal."""
    return printable(output.decode("ascii", "replace").replace("\ufffd", "?")).splitlines()[:most]


def say(text):
    print(text, flush=True)


def warn(text):
    print("agent-sandbox:", printable(text), file=sys.stderr, flush=True)


told_later = False  # what is printed is read by somebody at a terminal, but not from here


def progress(text):
    """What is being done, for somebody who waits and looks."""
    if told_later or sys.stderr.isatty():
        print(f"  {printable(text)}", file=sys.stderr, flush=True)


def remark(lines):
    """What stands below a warning."""
    for line in lines:
        print(printable(line), file=sys.stderr, flush=True)
