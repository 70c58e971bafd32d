"""What run and shell are asked for besides their command: through sudo, which keeps nothing of an environment, by words."""

import collections
import os

import ssh_agent
from say import Failed, Refused, Usage, printable, warn

# option: the member of Asked that it sets
FLAGS = {"--open-browser": "opens", "--acp": "acp", "--detach": "detaches", "--ephemeral": "ephemeral", "--over-ssh": "remote"}
# ... and those with a word behind them
WORDS = {"--project": "project"}
Asked = collections.namedtuple("Asked", ["agent", *FLAGS.values(), *WORDS.values()],
                               defaults=[False] * len(FLAGS) + [""] * len(WORDS))
# What is made as who asks, before sudo: the session is in the folder that we are in then. With the name where none is given.
BESIDE = {"--worktree": "", "--clone": "clone"}


def option_of(word):
    return word.partition("=")[0]


def taken(words):
    """(what was asked, the other words); in any order, before the command."""
    rest, found, agent = list(words), {}, []
    while rest and (rest[0] in FLAGS or option_of(rest[0]) in WORDS or rest[0].startswith(ssh_agent.OPTION)):
        word = rest.pop(0)
        option, equals, value = word.partition("=")
        if word in FLAGS:
            found[FLAGS[word]] = True
        elif option in WORDS:
            value = value if equals else rest.pop(0) if rest and rest[0] != "--" else ""
            if not value:
                raise Usage(f"{option} needs a word behind it")
            found[WORDS[option]] = os.path.realpath(value)
        else:
            agent = [word]
    if os.environ.get("SSH_CONNECTION"):
        found["remote"] = True
    if found.keys() >= {"detaches", "ephemeral"}:
        raise Usage("a session is for --detach or for --ephemeral, not both")
    if found.keys() >= {"detaches", "acp"}:
        raise Usage("--acp is for an editor, which speaks by pipes: not with --detach")
    return Asked(ssh_agent.taken(agent)[0], **found), rest


def taken_of_run(words):
    how, rest = taken(words)
    if how.acp and (os.isatty(0) or os.isatty(1)):
        raise Usage("--acp is for an editor, which speaks by pipes: 'agent-sandbox editor' prints what it wants")
    if rest and rest[0].startswith("-") and rest[0] != "--":
        raise Usage(f"run does not know '{printable(rest[0])}'; a command that begins so stands behind --")
    return how, rest


def lives_on(how, host):
    """Whether the session is to outlive its terminal (kept)."""
    wanted = how.detaches or not how.ephemeral and os.isatty(0) and os.isatty(1)
    if not wanted or host.system != "linux" and not how.detaches:
        return False
    if host.system != "linux":
        raise Refused("--detach: on macOS a session ends with its terminal")
    import dtach

    if dtach.program(host):
        return True
    if how.detaches:
        raise Failed("--detach needs dtach: see 'agent-sandbox doctor'")
    warn("dtach is missing, so this session ends with its terminal: see 'agent-sandbox doctor'")
    return False


def handed_on(asked):
    given = [word for option, name in WORDS.items() if getattr(asked, name) for word in (option, getattr(asked, name))]
    return [*(option for option, name in FLAGS.items() if getattr(asked, name)), *given, *ssh_agent.handed_on()]


def without_beside(command):
    """The arguments without what is to be made first, which the command keeps: (option, NAME) of --worktree NAME, --worktree=NAME,
    --clone or --clone=NAME, before the words of another command."""
    left, rest = [], list(command.arguments)
    while rest and rest[0][:2] == "--" and rest[0] != "--":
        option, equals, name = rest.pop(0).partition("=")
        if option not in BESIDE:
            with_next = option in WORDS and not equals
            left += [option + equals + name, *(rest[:1] if with_next else [])]
            rest = rest[1:] if with_next else rest
            continue
        if command.beside:
            raise Usage(f"{option} and {command.beside[0]}: a session is in one folder")
        if not equals:
            name = BESIDE[option] or (rest.pop(0) if rest and rest[0][:1] != "-" else "")
        if not name:
            raise Usage(f"{option} needs a name, for the branch agent/NAME and its folder")
        command.beside = (option, name)
    if command.beside and set(WORDS) & set(map(option_of, left)):
        raise Usage(f"{command.beside[0]} is beside the project that you are in: go there, without --project")
    return left + rest


def go_beside(command):
    if command.beside:
        import beside

        beside.go(command, *command.beside)


def settled(asked, sandbox):
    """As root's half takes it: with the project that is meant, judged."""
    if not sandbox.projects and not asked.project:
        return asked._replace(project=None)
    import projects

    return asked._replace(project=projects.wanted(sandbox, asked.project))
