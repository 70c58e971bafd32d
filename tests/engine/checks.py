"""What the scripts of this folder say of each check, and at their end."""

import sys

passed = failed = 0


def check(text, got, wanted):
    global passed, failed
    if got == wanted:
        passed += 1
        print(f"ok: {text}", flush=True)
    else:
        failed += 1
        print(f"FAILED: {text}: {got!r}, not {wanted!r}", flush=True)


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
