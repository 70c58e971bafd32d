#!/usr/bin/env python3
"""tests/macos/goldens.py REPORT: on a Mac, whether the kernel takes the Seatbelt profile of every golden tree, and pf its
anchors, which are loaded where nothing of theirs is in force, and emptied: two more steps of the report in this folder.
Asks sudo."""
import glob
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/modules/host")
sys.dont_write_bytecode = True

import field_report  # noqa: E402

# Behind Apple's own, for users that nobody is.
ANCHOR = "com.apple/999.agent-sandbox-golden"


def said(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("ascii", "replace").replace("\ufffd", "?").replace(ROOT, "")
    return done.returncode, " ".join("".join(c if " " <= c <= "~" else " " for c in text).split())[:200]


def profile(path):
    return said("/usr/bin/sandbox-exec", "-f", path, "/usr/bin/true")


def anchor(path):
    code, words = said("sudo", "pfctl", "-q", "-a", ANCHOR, "-f", path)
    said("sudo", "pfctl", "-q", "-a", ANCHOR, "-F", "all")
    return code, words


def step(name, command, pattern, attempt):
    began, lines, failed = time.monotonic(), [], 0
    for path in sorted(glob.glob(f"{ROOT}/tests/good/{pattern}")):
        code, words = attempt(path)
        failed += code != 0
        lines.append(f"exit {code} {path[len(ROOT) + 1:]}" + (f": {words}" if words else ""))
    return field_report.Step(name, [command], 1 if failed or not lines else 0, round(time.monotonic() - began, 3), lines)


def main():
    folder = sys.argv[1]
    report = field_report.read(folder)
    for one in (step("golden-profiles", "sandbox-exec", "*/tree/darwin/seatbelt/*.sb", profile),
                step("golden-anchors", "pfctl", "*/tree/darwin/pf/*.conf", anchor)):
        report.steps[one.name] = one
        print(f"{one.name}: exit {one.code}, {len(one.output)} files")
    field_report.write(folder, report, again=True)


main()
