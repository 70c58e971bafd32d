"""Git's configuration, as far as it leads to other files that git runs or obeys."""

# What is a command, or names a file of commands; * is any name between two dots.
COMMANDS = """
alias.* browser.*.cmd core.alternaterefscommand core.askpass core.editor core.fsmonitor
core.gitproxy core.pager core.sshcommand credential.*.helper credential.helper diff.*.command
diff.*.textconv diff.external difftool.*.cmd difftool.*.path filter.*.clean filter.*.process
filter.*.smudge gpg.*.program gpg.program gpg.ssh.defaultkeycommand guitool.*.cmd
interactive.difffilter man.*.cmd man.*.path merge.*.driver mergetool.*.cmd mergetool.*.path pager.*
remote.*.receivepack remote.*.uploadpack sequence.editor submodule.*.update tar.*.command
trailer.*.cmd trailer.*.command uploadpack.packobjectshook web.browser
""".split()
FILES = ("core.attributesfile", "core.hookspath", "include.path", "includeif.*.path")


def is_one(key, names):
    """key: section.name or section.part.name, as settings gives it"""
    first, _, rest = key.partition(".")
    part, dot, last = rest.rpartition(".")
    general = f"{first}.*.{last}" if dot else f"{first}.*"
    return key in names or general in names


def settings(text):
    """(key, value) of each line, the key in small letters. Odd lines are read as well as git would,
    or more generously: nothing that git sees is missed."""
    section = ""
    text = text.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\\\n", "")
    for line in text.split("\n"):
        line = line.strip().lstrip("\ufeff")
        while line.startswith("[") and "]" in line:
            # A part may hold an escaped bracket or quote; it ends at the last quote before a bracket.
            end = line.find('"]') + 1 if '"' in line.partition("]")[0] else line.find("]")
            if end <= 0:
                break
            name, _, part = line[1:end].partition(" ")
            part = part.strip().strip('"').replace("\\", "")
            section = ".".join(filter(None, (name.strip(), part))).lower()
            line = line[end + 1 :].strip()
        name, equals, value = line.partition("=")
        name = name.strip().lower()
        if section and name and name[0] not in "#;":
            yield f"{section}.{name}", plain(value.strip()) if equals else "true"


def plain(value):
    """Without comment, quotes and escapes."""
    out, quoted, at = [], False, 0
    while at < len(value):
        char = value[at]
        if char == "\\" and at + 1 < len(value):
            at += 1
            out.append({"n": "\n", "t": "\t", "b": "\b"}.get(value[at], value[at]))
        elif char == '"':
            quoted = not quoted
        elif char in "#;" and not quoted:
            break
        else:
            out.append(char)
        at += 1
    return "".join(out).rstrip()


def led_to(text):
    """(what, path) of each file that the configuration leads to; what: hooks, include, or file, whose
    path may be any word of a command."""
    for key, value in settings(text):
        if key == "core.hookspath":
            yield "hooks", value
        elif is_one(key, FILES):
            yield "include" if key.startswith("include") else "file", value
        elif is_one(key, COMMANDS):
            for word in value.replace('"', " ").replace("'", " ").split():
                yield "file", word.lstrip("!(").rstrip(";)&|")


def own_tree(text):
    """Whether the configuration says what the work tree is. A commondir would change that."""
    for key, value in settings(text):
        if key == "core.worktree":
            return True
        if key == "core.bare" and value.lower() in ("true", "yes", "on", "1"):
            return True
    return False
