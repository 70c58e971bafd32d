"""What a report of `verify --report` can show: a row for each thing that our tests cannot, above all what only a Mac can
say. Each is judged by what a step printed, never by what somebody wrote about it."""

import collections
import re

from field_operations import TABLE as OPERATIONS
from field_report import LEFT
from field_steps import BEFORE

SHOWN, AGAINST, OPEN = "shown", "AGAINST", "open"
NOT_FOUND = 127  # a program that is not there says nothing
# judge(report): (SHOWN, AGAINST or OPEN; why)
Claim = collections.namedtuple("Claim", "name systems text judge")


def exits(*names, code=0):
    """Each of these steps ended so; "job-*" stands for all that begin so."""
    def judge(report):
        steps = [step for name in names for step in matching(report, name)]
        missing = sum(not matching(report, name) for name in names)
        known = [step for step in steps if step.code not in (None, NOT_FOUND)]
        wrong = [f"{step.name} exits {step.code}" for step in known if (step.code == 0) != (code == 0)]
        return verdict(wrong, len(known), len(steps) + missing)
    return judge


def matching(report, name):
    if name.endswith("*"):
        return [step for key, step in report.steps.items() if key.startswith(name[:-1])]
    return [report.steps[name]] if name in report.steps else []


def verdict(wrong, known, wanted):
    if wrong:
        return AGAINST, "; ".join(wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else "")
    return (SHOWN, "") if known and known == wanted else (OPEN, f"{known} of {wanted} told")


def says(name, pattern, never=False):
    """A line of this step matches; or, never, none does."""
    def judge(report):
        step = report.steps.get(name)
        if step is None or step.code in (None, NOT_FOUND) or not step.output:
            return OPEN, "0 of 1 told"
        line = next((line for line in step.output if re.search(pattern, line)), None)
        good = (line is None) if never else (line is not None)
        return (SHOWN, "") if good else (AGAINST, f"{name} says {(line or step.output[0])[:60]}")
    return judge


def rows_hold(chosen=""):
    """verify's rows whose name matches: nothing is BROKEN, and none is UNKNOWN."""
    def judge(report):
        step = report.steps.get("verify")
        rows = [match.groups() for match in (re.match(r"(\S+) ([a-z0-9-]+): ", line) for line in (step.output if step else ()))
                if match and re.match(chosen, match[2])]
        wrong = [f"{result} {probe}" for result, probe in rows if result == "BROKEN"]
        return verdict(wrong, sum(result in ("held", "relaxed") for result, _ in rows), len(rows))
    return judge


def outcomes(report):
    step = report.steps.get("operations")
    found = {}
    for line in step.output if step else ():
        match = re.match(r"(allowed|refused|absent|unknown) ([^:]+):", line)
        if match:
            found[match[2]] = match[1]
    return found


def operations(*kinds, wanted="", names=None):
    """What the table of operations wants of these kinds (or of these names) is what happened. One that nothing there could
    tell is left out, as long as most could."""
    chosen = {op.name: op.wanted for op in OPERATIONS
              if (op.name in names if names else op.kind in kinds) and op.wanted and op.wanted.startswith(wanted)}

    def judge(report):
        seen = outcomes(report)
        known = {name: seen[name] for name in chosen if seen.get(name) in ("allowed", "refused")}
        wrong = [f"{name} was {outcome}" for name, outcome in known.items() if outcome != chosen[name]]
        enough = len(known) * 2 >= len(chosen)
        return verdict(wrong, len(chosen) if enough else len(known), len(chosen))
    return judge


def gone(*names):
    """After remove: the step says that it is not there, or prints nothing."""
    def judge(report):
        wanted = [name for name in names if name.endswith("*") and report.system == "darwin" or any(
            row.name == name and report.system in row.systems.split() for row in BEFORE)]
        steps = [step for name in wanted for step in matching(report, LEFT + name) if step.code not in (None, NOT_FOUND)]
        wrong = [f"{step.name[len(LEFT):]} is still there" for step in steps if step.code == 0 and any(line.strip() for line in step.output)]
        return verdict(wrong, len(steps), max(len(steps), len(wanted)))
    return judge


MAC, BOTH = ("darwin",), ("darwin", "linux")
CLAIMS = (
    Claim("profile", MAC, "the kernel takes the Seatbelt profile", exits("profile")),
    Claim("golden-profiles", MAC, "and those of all golden trees", exits("golden-profiles")),
    Claim("golden-anchors", MAC, "pf takes the anchors of all golden trees", exits("golden-anchors")),
    Claim("pf-parses", MAC, "pf takes the anchor's rules", exits("pf-parses")),
    Claim("pf-in-force", MAC, "pf is on, evaluates com.apple/*, and has them", exits("pf-guard")),
    Claim("pf-loopback", MAC, "pf looks at the loopback", says("pf-loopback", r"\(skip\)", never=True)),
    Claim("pf-token", MAC, "a reference on pf is given and taken back", exits("pf-token")),
    Claim("jobs", MAC, "launchd has the three jobs", exits("job-egress", "job-pf", "job-*")),
    Claim("record", MAC, "the agent's record has * for a password, and is hidden", says("agent", r"^Password: \*$")),
    Claim("no-staff", MAC, "the agent is not in staff", says("ids", r"\(staff\)", never=True)),
    Claim("enter", BOTH, "a session starts, although nobody can log in as its user", exits("enter", "inside-id")),
    Claim("own-session", MAC, "it is not in the operator's own login session", says("inside-manager", "Aqua", never=True)),
    Claim("reads", MAC, "what may be read is, and what may not is not", operations("read")),
    Claim("writes", MAC, "the same of what is written", operations("write")),
    Claim("services", MAC, "services that would carry data out are not found", operations("mach", wanted="refused")),
    Claim("own-services", MAC, "those that a shell needs are", operations("mach", wanted="allowed")),
    Claim("set-id", MAC, "programs with another's rights do not start", operations("exec")),
    Claim("kernel-asked", MAC, "the kernel, asked by operation, says what the profile means", operations("ask")),
    Claim("network", MAC, "nothing but the proxy is reached, by Seatbelt alone",
          operations("tcp", "udp", "icmp", "raw", "unix", "bind-udp")),
    Claim("no-names", MAC, "no name is resolved", operations(names=("resolve-a-name",))),
    Claim("serve", MAC, "Seatbelt tells ports that are served apart", operations("bind")),
    Claim("unix-sockets", MAC, "sockets of the agent's own work", operations("unix-bind")),
    Claim("second-names", MAC, "a file of its own gets a second name", operations("link")),
    Claim("no-set-user-id", MAC, "no file becomes set-user-ID, and Library stays where it is", operations("setuid", "rename")),
    Claim("watching", MAC, "changes of files are told, terminals and shared memory are there",
          operations("watch", "pty", "shm", "sem", "signal-child")),
    Claim("acts-for-nobody", MAC, "no page is opened, no event sent, no job started, nobody else signalled",
          operations(names=("open-a-page", "apple-event", "start-a-job", "signal-launchd", "signal-the-operator"))),
    Claim("claude-code", BOTH, "Claude Code starts inside", exits("inside-claude")),
    Claim("codex", BOTH, "Codex starts inside", exits("inside-codex")),
    Claim("node", BOTH, "Node starts inside, and sees processors", says("inside-node-processors", "^[1-9]")),
    Claim("git", BOTH, "git starts inside", exits("inside-git")),
    Claim("processes", MAC, "ps, pgrep and top look at processes", exits("inside-ps", "inside-pgrep", "inside-top")),
    Claim("walls", MAC, "pf refuses the agent without Seatbelt, too", rows_hold("wall-|pf-")),
    Claim("verify", BOTH, "every attack of verify is refused", rows_hold()),
    Claim("drift", BOTH, "nothing differs from what was applied", says("drift", "^DRIFTED", never=True)),
    Claim("removed", BOTH, "remove leaves no user and no rule", gone("ids", "table", "agent", "proxy-user", "share", "pf-rules", "pf-everybody")),
    Claim("removed-jobs", BOTH, "and no job", gone("job-*", "jobs")),
)


def judged(report):
    """[(the Claim, verdict, why)] of those that are about such a system."""
    return [(claim, *claim.judge(report)) for claim in CLAIMS if report.system in claim.systems]
