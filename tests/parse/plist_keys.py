"""Checks launchd jobs by the key and type table of launchd.plist(5).

plist_keys.py --all FILE...    beside that, whether each row of the table is in one of them
plist_keys.py FILE...    launchd itself ignores a misspelt key and a value of the wrong type in
silence, and no plist parser knows the keys; hence this table of the ones that we emit.
"""
import os
import plistlib
import re
import sys
import xml.etree.ElementTree as tree

PUBLIC = b'<!DOCTYPE plist\nPUBLIC "-//Apple//DTD PLIST 1.0//EN"'


def absolute(value):
    return isinstance(value, str) and re.fullmatch(r"(/[A-Za-z0-9._+@-]+)+", value)


def name(value):
    return isinstance(value, str) and re.fullmatch(r"[a-z_][a-z0-9_-]{0,30}", value)


def boolean(value):
    return isinstance(value, bool)


def count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def strings(value):
    return isinstance(value, list) and value and all(isinstance(v, str) and v for v in value)


def command(value):
    return strings(value) and absolute(value[0])


def paths(value):
    return strings(value) and all(map(absolute, value))


def environment(value):
    return isinstance(value, dict) and all(
        re.fullmatch(r"[A-Z_][A-Z0-9_]*", k) and isinstance(v, str) for k, v in value.items()
    )


def limits(value):
    return isinstance(value, dict) and set(value) == {"NumberOfFiles"} and all(
        map(count, value.values())
    )


KEYS = {
    "Label": lambda v: isinstance(v, str) and re.fullmatch(r"org\.agent-sandbox(\.[a-z0-9-]+)+", v),
    "ProgramArguments": command,
    "UserName": name,
    "GroupName": name,
    "InitGroups": boolean,
    "SessionCreate": boolean,
    # Decimal: 077 is 63, and a number written in octal digits would be another mask.
    "Umask": lambda v: count(v) and v in (0o077, 0o027, 0o022),
    "WorkingDirectory": absolute,
    "EnvironmentVariables": environment,
    "RunAtLoad": boolean,
    "KeepAlive": boolean,
    "StartInterval": count,
    "WatchPaths": paths,
    "ThrottleInterval": count,
    "ExitTimeOut": count,
    "ProcessType": lambda v: v in ("Background", "Standard", "Adaptive", "Interactive"),
    "SoftResourceLimits": limits,
    "HardResourceLimits": limits,
    "StandardOutPath": absolute,
    "StandardErrorPath": absolute,
}
NEEDED = ("Label", "ProgramArguments", "RunAtLoad", "Umask", "StandardOutPath", "StandardErrorPath")
SHELLS = ("sh", "bash", "zsh", "env")


def twice(element):
    """Keys that stand twice in a dict: parsers keep the last and say nothing."""
    for node in element.iter("dict"):
        keys = [child.text for child in node if child.tag == "key"]
        yield from sorted({key for key in keys if keys.count(key) > 1})


def mistakes(path):
    with open(path, "rb") as file:
        data = file.read()
    if PUBLIC not in data:
        yield "no DOCTYPE with Apple's public identifier"
    for key in twice(tree.fromstring(data)):
        yield f"{key} stands twice"
    job = plistlib.loads(data)
    if not isinstance(job, dict):
        yield "not a dict"
        return
    for key in NEEDED:
        if key not in job:
            yield f"{key} is missing"
    for key, value in job.items():
        if key not in KEYS:
            yield f"{key} is not a key of launchd.plist(5) that we use"
        elif not KEYS[key](value):
            yield f"{key} has a bad value: {value!r}"
    yield from mistakes_together(job, path)


def mistakes_together(job, path):
    if job.get("Label") != os.path.basename(path).removesuffix(".plist"):
        yield "Label is not the file's name"
    first = job.get("ProgramArguments") or [""]
    if isinstance(first, list) and os.path.basename(str(first[0])) in SHELLS:
        yield "ProgramArguments starts a shell"
    if not (job.get("KeepAlive") or job.get("StartInterval")):
        yield "neither KeepAlive nor StartInterval: the job would run once"
    if "UserName" in job and not {"GroupName", "InitGroups"} <= set(job):
        yield "UserName without GroupName and InitGroups keeps groups of root's"


def used(path):
    with open(path, "rb") as file:
        return set(plistlib.load(file))


def main(files):
    failed = False
    if files[:1] == ["--all"]:
        files = files[1:]
        for key in sorted(set(KEYS).difference(*map(used, files))):
            print(f"{key} is in no job: its row checks nothing")
            failed = True
    for path in files:
        try:
            found = list(mistakes(path))
        except Exception as error:  # whatever a parser finds wrong is a mistake of the file
            found = [f"does not parse: {error}"]
        for mistake in found:
            print(f"{path}: {mistake}")
        failed = failed or bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
