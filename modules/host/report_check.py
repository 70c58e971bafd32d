"""report-check DIR: what a report of `verify --report` shows, and what it speaks against; and into a checkout of this
project's, as tests/seen.md and a line of README.md have it. The report is a stranger's: field_report.py reads it."""

import os
import re

import field_claims
import field_report
from say import Refused, Usage, say

SEEN, README = "tests/seen.md", "README.md"
BEGIN, END = "<!-- seen: begin -->", "<!-- seen: end -->"
NOBODY = "no Mac has run them"
HEAD = ("| What | Claim | Seen on | Not so on |", "|---|---|---|---|")
ROW = re.compile(r"\| `([a-z-]+)` \| [^|]* \| ([A-Za-z0-9_ .,()-]*) \| ([A-Za-z0-9_ .,()-]*) \|")
PLACE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_ .-]*) \(([0-9-]+)\)")
MOST = 12  # machines in a cell


def check(arguments):
    words, into = list(arguments), None
    if "--into" in words:
        at = words.index("--into")
        if at + 1 >= len(words):
            raise Usage("--into needs the folder of a checkout")
        into = words[at + 1]
        del words[at: at + 2]
    if len(words) != 1 or words[0].startswith("-"):
        raise Usage("report-check takes the folder of one report")
    report = field_report.read(words[0])
    machine = machine_of(report)
    found = field_claims.judged(report)
    say(f"{machine}, {report.made}: {len(report.steps)} steps")
    for claim, verdict, why in found:
        say(f"{verdict:<8} {claim.name:<18} {claim.text}" + (f" [{why}]" if why else ""))
    count = {word: sum(verdict == word for _, verdict, _ in found) for word in (
        field_claims.SHOWN, field_claims.AGAINST, field_claims.OPEN)}
    say(f"{count['shown']} shown, {count['AGAINST']} against, {count['open']} left open")
    if into is not None:
        write_into(into, machine, report.made, found)
    return 3 if count["AGAINST"] else 0


def machine_of(report):
    """Of a stranger's words only these: a number of a version, and one of the known kinds of processors."""
    release = "\n".join(report.steps["release"].output) if "release" in report.steps else ""
    kernel = report.steps["kernel"].output if "kernel" in report.steps else []
    chip = re.search(r" (arm64|aarch64|x86_64)$", kernel[0]) if kernel else None
    if report.system == "darwin":
        version = re.search(r"(?m)^ProductVersion:\s*([0-9]{2}(?:\.[0-9]{1,2}){0,2})$", release)
        name = version and f"macOS {version[1]}"
    else:
        distribution = re.search(r"(?m)^ID=\"?([a-z][a-z0-9.-]{0,19})\"?$", release)
        version = re.search(r"(?m)^VERSION_ID=\"?([0-9][0-9.]{0,9})\"?$", release)
        name = distribution and " ".join(filter(None, (distribution[1], version and version[1])))
    if not name or not chip:
        raise Refused("the report does not say which system and processor it is from")
    return f"{name} {chip[1]}"


# -- the table --


def write_into(checkout, machine, made, found):
    if not machine or not all(os.path.isfile(f"{checkout}/{name}") for name in (SEEN, README)):
        raise Refused(f"{checkout} is no checkout of agent-sandbox: it has no {SEEN}")
    rows = read_table(f"{checkout}/{SEEN}")
    for claim, verdict, _ in found:
        seen, against = rows.setdefault(claim.name, ({}, {}))
        for place, word in ((seen, field_claims.SHOWN), (against, field_claims.AGAINST)):
            if verdict == word:
                place[machine] = max(made, place.get(machine, ""))
            elif verdict != field_claims.OPEN:
                place.pop(machine, None)  # what is newer counts
    replace(f"{checkout}/{SEEN}", BEGIN, END, "\n" + "\n".join(table(rows)) + "\n")
    macs = macs_in(rows)
    replace(f"{checkout}/{README}", "<!-- seen on Macs -->", "<!-- -->", f"seen on {', '.join(macs[:MOST])}" if macs else NOBODY)
    say(f"written: {SEEN} and {README} in {checkout}")


def between(path, begin, end):
    """(what is before, what is between, what is after) of the only such place."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, _, rest = text.partition(begin)
    inside, found, after = rest.partition(end)
    if not found or begin in after:
        raise Refused(f"{path} has not one place for what was seen ({begin})")
    return before, inside, after


def replace(path, begin, end, text):
    before, _, after = between(path, begin, end)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + begin + text + end + after)


def read_table(path):
    """{claim: ({machine: day}, the same of those against it)}"""
    rows = {}
    for line in between(path, BEGIN, END)[1].strip().splitlines()[len(HEAD):]:
        match = ROW.fullmatch(line)
        if not match:
            raise Refused(f"{path}: a row is not one that report-check has written")
        rows[match[1]] = tuple(dict(PLACE.findall(cell)) for cell in (match[2], match[3]))
    return rows


def macs_in(rows):
    return sorted({one for seen, against in rows.values() for one in (*seen, *against) if one.startswith("macOS ")})


def table(rows):
    yield from HEAD
    for claim in field_claims.CLAIMS:
        cells = [", ".join(f"{machine} ({day})" for machine, day in sorted(places.items())[:MOST])
                 for places in rows.get(claim.name, ({}, {}))]
        yield f"| `{claim.name}` | {claim.text} | {cells[0]} | {cells[1]} |"
