"""The target's own readers: each gives a file's structure, in which values are whole strings."""

import html
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

import markdown_it

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "parse"))
import seatbelt_check  # noqa: E402


def run(command, cwd, **more):
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False, **more)
    if done.returncode or done.stderr:
        raise ValueError(f"{command[0]} said {done.returncode}: {done.stderr[:300]!r}")
    return done.stdout.decode()


def read_json(file, _empty):
    """Objects as pairs: a key that stands twice is seen, and the order is."""
    with open(file, encoding="utf-8") as stream:
        return read_json_text(stream.read())


def read_json_text(text):
    return json.loads(text, object_pairs_hook=lambda pairs: [list(pair) for pair in pairs])


def read_gitconfig(file, empty):
    text = run(["git", "config", "-f", file, "--list", "-z"], empty)
    return [entry.split("\n", 1) for entry in text.split("\0")]


def shell(*command):
    """Sources the file in an empty folder, which must stay empty, and lists the environment."""
    list_all = shutil.which("env") + " -0"
    def read(file, empty):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
        text = run([*command, 'set -a; . "$1"; ' + list_all, "sh", file], empty, env=environment)
        if os.listdir(empty):
            raise ValueError(f"something was run: {os.listdir(empty)}")
        pairs = [line.split("=", 1) for line in text.split("\0") if line]
        return sorted(pair for pair in pairs if pair[0] not in ("_", "PWD", "OLDPWD", "SHLVL"))
    return read


class EnvironmentFile:
    """systemd.exec(5), EnvironmentFile=, state for state as src/basic/env-file.c reads it."""

    def __init__(self, text):
        self.pairs, self.key, self.value, self.kept = [], "", "", 0
        state = self.before_key
        for c in text:
            state = state(c)
        if state not in (self.before_key, self.comment):
            raise ValueError("the file ends inside " + state.__name__)

    def before_key(self, c):
        if c in "#;":
            return self.comment
        if c in " \t\n\r":
            return self.before_key
        self.key = c
        return self.in_key

    def comment(self, c):
        return self.before_key if c in "\n\r" else self.comment

    def in_key(self, c):
        if c in "\n\r":
            raise ValueError(f"a line without '=': {self.key!r}")
        if c == "=":
            self.value, self.kept = "", 0
            return self.before_value
        self.key += c
        return self.in_key

    def end(self):
        self.pairs.append([self.key.rstrip(), self.value[:max(self.kept, len(self.value.rstrip()))]])
        return self.before_key

    def before_value(self, c):
        if c in " \t":
            return self.before_value
        return self.plain(c)

    def plain(self, c):
        if c in "\n\r":
            return self.end()
        if c == "'":
            return self.single
        if c == '"':
            return self.double
        if c == "\\":
            return self.plain_escape
        self.value += c
        return self.plain

    def plain_escape(self, c):
        if c not in "\n\r":
            self.value += c
        return self.plain

    def single(self, c):
        if c == "'":
            return self.quoted()
        self.value += c
        return self.single

    def double(self, c):
        if c == '"':
            return self.quoted()
        if c == "\\":
            return self.double_escape
        self.value += c
        return self.double

    def double_escape(self, c):
        if c in '"\\`$':
            self.value += c
        elif c != "\n":
            self.value += "\\" + c
        return self.double

    def quoted(self):
        self.kept = len(self.value)  # blanks between quotes are not taken off the end
        return self.before_value


def read_environment_file(file, _empty):
    with open(file, encoding="utf-8", newline="") as stream:
        return EnvironmentFile(stream.read()).pairs


def first_word(text, separators):
    """(word, rest) as extract_first_word() of systemd takes it with EXTRACT_UNQUOTE; a percent sign
    would begin a specifier."""
    word, quote, text = "", "", text.lstrip()
    while text:
        c, text = text[0], text[1:]
        if c == "\\":
            word, text = word + text[:1], text[1:]
        elif c in "'\"" and quote in ("", c):
            quote = "" if quote else c
        elif c in separators and not quote:
            return word, text
        elif c == "%":
            raise ValueError("a specifier")
        else:
            word += c
    if quote:
        raise ValueError(f"{quote} stays open")
    return word, text


# The settings that hold folders of the spec.
FOLDERS = re.compile("(BindReadOnlyPaths|InaccessiblePaths)=(-?)(.*)")


def read_unit(file, _empty):
    with open(file, encoding="utf-8", newline="") as stream:
        lines = stream.read().split("\n")
    structure = []
    for line in lines:
        found = FOLDERS.fullmatch(line)
        if not found:
            structure.append(line)
            continue
        structure.append([found[1], found[2]])
        rest = found[3]
        while rest:
            word, rest = first_word(rest, ": \t")
            structure[-1].append(word)
    return structure


def read_words(file, _empty):
    """As the control script reads tmpfiles.d."""
    with open(file, encoding="utf-8") as stream:
        return [shlex.split(line, comments=True) for line in stream.read().splitlines()]


def read_tmpfiles(file, empty):
    """Which folders systemd-tmpfiles makes of them: owners and lists aside, whose users are not here."""
    with open(file, encoding="utf-8") as stream:
        lines = re.findall("(?m)^(d .*) :0770 :root :[a-z-]+$", stream.read())
    made = []
    for line in lines:
        with open(f"{empty}/x.conf", "w", encoding="utf-8") as stream:
            stream.write(line + "\n")
        run(["systemd-tmpfiles", "--create", f"--root={empty}/root", f"{empty}/x.conf"], empty)
        path = ""
        while os.listdir(f"{empty}/root{path}"):
            path += "/" + os.listdir(f"{empty}/root{path}")[0]
        made.append(path)
        shutil.rmtree(f"{empty}/root")
    pathlib.Path(f"{empty}/x.conf").unlink(missing_ok=True)
    return made


def read_sudoers(file, empty):
    """Who may what, as sudo itself reads it."""
    return read_json_text(run(["cvtsudoers", "-f", "json", file], empty))


def read_seatbelt(file, _empty):
    with open(file, encoding="utf-8") as stream:
        return [form for _, form in seatbelt_check.Reader(stream.read()).forms()]


class Inline:
    """A run of text: what it says, and the kinds of marks in it."""

    def __init__(self, text, marks):
        self.text, self.marks = text, marks

    def __repr__(self):
        return f"{self.text!r} {self.marks}"


def read_markdown_it(file, _empty):
    with open(file, encoding="utf-8", newline="") as stream:
        tokens = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(
            stream.read())
    structure = []
    for token in tokens:
        if token.type == "inline":
            marks = [[t.type, t.attrs, "" if t.type in ("text", "code_inline") else t.content]
                     for t in token.children]
            text = "".join(t.content for t in token.children)
            structure.append(Inline(text, marks))
        elif token.info == "mermaid":
            structure += read_mermaid(token.content)
        else:
            structure.append([token.type, token.tag, token.attrs, token.info, token.content])
    return structure


def read_mermaid(text):
    """Its lines, and what the labels of workspaces say: entity codes are those of HTML, with # for &#."""
    structure = []
    for line in text.split("\n"):
        begin, label, end = re.fullmatch(r'( *workspace\d+\[\("|)(.*?)("\)\]|)', line).groups()
        if not begin:
            structure.append(line)
            continue
        if re.search(r"[^\w /.+@#;\u0080-\U0010ffff-]", label):
            raise ValueError(f"a label of Mermaid that is more than text: {label!r}")
        structure += [begin, Inline(html.unescape(re.sub(r"#(\d+);", r"&#\1;", label)), []), end]
    return structure


INLINE = {"text", "code", "softbreak", "linebreak", "html_inline", "emph", "strong", "link", "image",
          "strikethrough", "footnote_reference"}


def walk(node, structure):
    tag = node.tag.split("}")[-1]
    kinds = [child.tag.split("}")[-1] for child in node]
    if node.get("info") == "mermaid":
        structure += read_mermaid(node.text)
        return
    structure.append([tag, sorted(node.attrib.items()), node.text or ""])
    if INLINE & set(kinds) or tag == "table_cell":  # a cell may be empty
        marks = [[n.tag.split("}")[-1], sorted(a for a in n.attrib.items() if "space" not in a[0]), ""]
                 for n in node.iter() if n is not node]
        structure.append(Inline("".join(node.itertext()), marks))
        return
    for child in node:
        walk(child, structure)
    structure.append("end of " + tag)


def cmark(*command):
    def read(file, empty):
        text = run([*command, "-t", "xml", file], empty)
        for node in (root := xml.fromstring(text)).iter():
            if node.tag.split("}")[-1] not in ("text", "code", "code_block", "html_block", "html_inline"):
                node.text = None
            node.tail = None
        structure = []
        walk(root, structure)
        return structure
    return read


# GitHub's own parser with what GitHub turns on, and one that other forges' resembles.
MARKDOWN = {
    "cmark-gfm": cmark("cmark-gfm", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e",
                       "tagfilter", "-e", "footnotes"),
    "markdown-it": read_markdown_it,
}
READERS = {
    "sandbox.json": {"json": read_json},
    "spec.json": {"json": read_json},
    "proxy/policy.json": {"json": read_json},
    "home/.config/git/config": {"git": read_gitconfig},
    "linux/systemd/session.env": {"systemd's grammar": read_environment_file,
                                  "dash": shell("dash", "-c"), "bash": shell("bash", "--norc", "-c")},
    "home/.config/agent-sandbox/env.sh": {"dash": shell("dash", "-c"),
                                          "bash": shell("bash", "--norc", "-c"),
                                          "zsh": shell("zsh", "-f", "-c")},
    "linux/systemd/session.properties": {"systemd's words": read_unit},
    "linux/systemd/agent-sandbox-everything-egress.service": {"systemd's words": read_unit},
    "linux/native/agent-sandbox-everything-egress.service": {"systemd's words": read_unit},
    "linux/tmpfiles.d/agent-sandbox-everything.conf": {"the control script": read_words,
                                                       "systemd-tmpfiles": read_tmpfiles},
    "linux/sudoers.d/agent-sandbox-everything": {"sudo": read_sudoers},
    "darwin/sudoers.d/agent-sandbox-everything": {"sudo": read_sudoers},
    "darwin/seatbelt/agent-sandbox-everything.sb": {"Scheme": read_seatbelt},
    "README.md": MARKDOWN,
}
PLAIN_MARKS = {"text", "code_inline", "text_special", "code"}
