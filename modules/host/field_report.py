"""A report of `verify --report`: a folder with a file for each step, in a form that somebody else can read. Whoever made
it may be a stranger: nothing but plain files of a few kilobytes in printable ASCII is taken, no link is followed, and
nothing of it is ever run."""

import collections
import hashlib
import json
import os
import re
import stat

from say import Refused

FORMAT = 1
INDEX = "report.json"
NAME = re.compile("[a-z][a-z0-9-]{0,39}")
FILE = re.compile(f"{NAME.pattern}[.]json")
DAY = re.compile("20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
MOST = 150  # files
LONGEST = 1 << 20  # bytes of one
LINES, WIDTH = 3000, 400
LEFT = "left-"  # steps that were taken after remove
SYSTEMS = ("linux", "darwin")
# Texts that a report must not hold, whoever made it: it is published.
PRIVATE = (("a home", re.compile(r"/(Users|home)/(?!Shared\b|nobody\b|user-)[A-Za-z0-9._-]+")),
           ("an address of mail", re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}")),
           ("an address of hardware", re.compile(r"(?<![0-9A-Fa-f:])([0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9A-Fa-f:])")),
           ("what looks like a secret", re.compile(
               r"\b(sk-[A-Za-z0-9_-]{30}|gh[opsu]_[A-Za-z0-9]{30}|github_pat_|glpat-|npm_[A-Za-z0-9]{30}|AKIA[A-Z0-9]{16}|"
               r"AIza[A-Za-z0-9_-]{30}|xox[abp]-|eyJhbGciOi)|PRIVATE KEY-----")))

# output: lines; code: None where it did not end.
Step = collections.namedtuple("Step", "name command code seconds output")


class Report:
    """made: a day; steps: {name: Step}"""

    def __init__(self, system, made, steps=()):
        self.system, self.made = system, made
        self.steps = {step.name: step for step in steps}

    def files(self):
        """{name: bytes}, with the index."""
        texts = {f"{step.name}.json": text_of({
            "step": step.name, "command": step.command, "exit": step.code, "seconds": step.seconds, "output": step.output})
            for step in self.steps.values()}
        texts[INDEX] = text_of({"format": FORMAT, "system": self.system, "made": self.made, "files": {
            name: hashlib.sha256(text).hexdigest() for name, text in sorted(texts.items())}})
        return texts


def text_of(value):
    return (json.dumps(value, indent=1) + "\n").encode("ascii")


def write(folder, report, again):
    """As whoever calls. again: a report is there already, which gets the files that it lacks."""
    if not again:
        os.mkdir(folder, 0o755)
    inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    for name, text in report.files().items():
        if again and name != INDEX and is_in(inside, name):
            continue
        with open(os.open(f".{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=inside), "wb") as file:
            file.write(text)
        os.rename(f".{name}", name, src_dir_fd=inside, dst_dir_fd=inside)
    os.close(inside)


def is_in(inside, name):
    try:
        os.stat(name, dir_fd=inside, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


# -- reading a stranger's --


def read(folder):
    """The Report in it, or Refused, which says what is wrong with the first thing that is."""
    try:
        inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"{folder} is no folder with a report: {error.strerror}") from None
    try:
        texts = {name: read_file(inside, name) for name in names_in(inside)}
    finally:
        os.close(inside)
    if INDEX not in texts:
        raise Refused(f"there is no {INDEX}")
    index = parse(INDEX, texts.pop(INDEX))
    require(INDEX, index, {"format": int, "system": str, "made": str, "files": dict})
    if index["format"] != FORMAT:
        raise Refused(f"{INDEX}: this version reads reports of format {FORMAT}, not {index['format']}")
    if index["system"] not in SYSTEMS or not DAY.fullmatch(index["made"]):
        raise Refused(f"{INDEX}: it names no system or no day")
    if index["files"].keys() != texts.keys():
        raise Refused(f"{INDEX}: its files are not those that are there: " + ", ".join(
            shown(name) for name in sorted(index["files"].keys() ^ texts.keys())[:5]))
    for name, text in texts.items():
        if index["files"][name] != hashlib.sha256(text).hexdigest():
            raise Refused(f"{name} is not as it was written")
    return Report(index["system"], index["made"], [step_of(name, text) for name, text in sorted(texts.items())])


def names_in(inside):
    """One after the other: there may be any number."""
    names = []
    with os.scandir(inside) as entries:
        for entry in entries:
            if not FILE.fullmatch(entry.name):
                raise Refused(f"{shown(entry.name)} is no name that a report has")
            names.append(entry.name)
            if len(names) > MOST:
                raise Refused(f"there are more than {MOST} files")
    return names


def read_file(inside, name):
    try:
        number = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY, dir_fd=inside)
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror}") from None
    info = os.fstat(number)
    if not stat.S_ISREG(info.st_mode):
        os.close(number)
        raise Refused(f"{name} is no plain file")
    with open(number, "rb") as file:
        text = b"" if info.st_size > LONGEST else file.read(LONGEST + 1)
    if info.st_size > LONGEST or len(text) > LONGEST:
        raise Refused(f"{name} is larger than {LONGEST} bytes")
    bad = re.search(rb"[^\n -~]", text)
    if bad:
        raise Refused(f"{name} holds the byte {bad[0][0]:#04x} at {bad.start()}, and reports are printable ASCII")
    return text


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def refuse_constant(text):
    raise ValueError(f"{text} is no number")


def parse(name, text):
    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name} is no JSON: {shown(str(error))}") from None


def require(name, value, keys):
    """It is an object with exactly these keys, each of its type."""
    if not isinstance(value, dict) or value.keys() != keys.keys():
        raise Refused(f"{name}: its keys are not {', '.join(keys)}")
    for key, kind in keys.items():
        if not isinstance(value[key], kind) or isinstance(value[key], bool):
            raise Refused(f"{name}: {key} is of another type")


def step_of(name, text):
    value = parse(name, text)
    require(name, value, {"step": str, "command": list, "exit": (int, type(None)), "seconds": (int, float), "output": list})
    if f"{value['step']}.json" != name:
        raise Refused(f"{name} is of another step")
    if value["exit"] is not None and not -1000 < value["exit"] < 1000 or not 0 <= value["seconds"] < 100000:
        raise Refused(f"{name}: a number is not one that a step has")
    if len(value["output"]) > LINES or len(value["command"]) > 100:
        raise Refused(f"{name}: there are more than {LINES} lines")
    for line in [*value["output"], *value["command"]]:
        if not isinstance(line, str) or len(line) > WIDTH or re.search("[^ -~]", line):
            raise Refused(f"{name}: a line is no text of at most {WIDTH} printable characters")
        what = private(line)
        if what:
            raise Refused(f"{name} holds {what}, which is nobody's to publish")
    return Step(value["step"], value["command"], value["exit"], value["seconds"], value["output"])


def private(line):
    return next((what for what, pattern in PRIVATE if pattern.search(line)), None)


def shown(text):
    """Of a stranger's, for a terminal: short, and nothing but ASCII."""
    return re.sub("[^ -~]", "?", text)[:60]
