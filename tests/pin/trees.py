"""trees.py FOLDER SEED...: bare repositories FOLDER/NAME.git, each with one commit on main whose tree
is odd in one way, and one random tree for each SEED."""
import os
import random
import subprocess
import sys

FOLDER, SEEDS = sys.argv[1], sys.argv[2:]
PLAIN, PROGRAM, LINK, MODULE, TREE = "100644", "100755", "120000", "160000", "40000"
ODD_NAMES = ["a", "a.b", "a-b", "a b", "ab", "A", "Z", "a0", "-dash", "\u00e4", "a\u0308", "\u65e5\u672c\u8a9e",
             "\U0001f980", "it's", 'say "x"', "back\\slash", "new\nline", "tab\there", "star*", "$(id)", "~",
             "\x7f", ".hidden", "..x", "#", "%41", "con", "long" * 60]


def git(repository, *arguments, data=None):
    return subprocess.run(["git", "-C", repository, *arguments], input=data, check=True,
                          stdout=subprocess.PIPE).stdout.decode().strip()


def put(repository, node):
    """A node is bytes, (mode, content), or a dictionary of nodes; returns its mode and id."""
    if isinstance(node, dict):
        lines = b""
        for name, child in node.items():
            mode, oid = put(repository, child)
            kind = {TREE: "tree", MODULE: "commit"}.get(mode, "blob")
            lines += f"{mode} {kind} {oid}\t".encode() + name.encode() + b"\0"
        return TREE, git(repository, "mktree", "-z", "--missing", data=lines)
    mode, content = node if isinstance(node, tuple) else (PLAIN, node)
    if mode == MODULE:
        return mode, content
    return mode, git(repository, "hash-object", "-w", "--stdin", data=content)


def make(name, tree):
    repository = os.path.join(FOLDER, name + ".git")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", repository], check=True)
    dates = {"GIT_AUTHOR_DATE": "@1000000000 +0000", "GIT_COMMITTER_DATE": "@1600000000 -0700",
             "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
             "GIT_COMMITTER_NAME": "c", "GIT_COMMITTER_EMAIL": "c@example.org"}
    commit = subprocess.run(["git", "-C", repository, "commit-tree", "-m", name, put(repository, tree)[1]],
                            env={**os.environ, **dates}, check=True, stdout=subprocess.PIPE).stdout.decode()
    git(repository, "update-ref", "refs/heads/main", commit.strip())


def random_node(rnd, depth):
    choice = rnd.random()
    if depth < 4 and choice < 0.35:
        names = rnd.sample(ODD_NAMES + ["n%d" % i for i in range(40)], rnd.randint(0, 9))
        return {name: random_node(rnd, depth + 1) for name in names}
    if choice < 0.45:
        return LINK, rnd.choice([b"a", b"../x", b"/etc/passwd", b"x" * rnd.randint(1, 200)])
    if choice < 0.5:
        return MODULE, "%040x" % rnd.getrandbits(160)
    return rnd.choice([PLAIN, PROGRAM]), rnd.randbytes(rnd.choice([0, 1, 7, 8, 9, 63, 64, 65, 3000]))


make("empty", {})
make("sizes", {"f%03d" % n: bytes(i % 251 for i in range(n)) for n in range(140)})
make("modes", {"plain": b"x\n", "program": (PROGRAM, b"#!/bin/sh\n"), "old": ("100664", b"group\n"),
               "empty": b"", "empty-program": (PROGRAM, b"")})
make("order", {"a": {"z": b"1"}, "a.b": b"2", "a-b": b"3", "a0": {"y": b"4"}, "ab": b"5", "a b": b"6",
               "A": {"a": {"q": b"7"}, "a!": b"8"}})
make("names", {name: name.encode() for name in ODD_NAMES})
make("names-of-folders", {name: {name: b"x"} for name in ODD_NAMES})
make("links", {"to-file": (LINK, b"sub/f"), "to-folder": (LINK, b"sub"), "nowhere": (LINK, b"/nonexistent/x"),
               "long": (LINK, b"l" * 3000), "bytes": (LINK, b"\xff\xfe"), "sub": {"f": b"x", "up": (LINK, b"..")}})
make("submodules", {"m": (MODULE, "1" * 40), "sub": {"only": (MODULE, "2" * 40)}, ".gitmodules": b"", "n": b""})
make("empty-folders", {"gone": {}, "deep": {"er": {"est": {}}}, "kept": {"f": b"x", "gone": {}}})
make("big", {"big": bytes(range(256)) * 40000, "other": random.Random(1).randbytes(1 << 20)})
deep = {"f": b"bottom\n"}
for level in range(200):
    deep = {"d%d" % (level % 3): deep}
make("deep", deep)
make("many", {"d%02d" % i: {"f%02d" % k: b"%d" % (i * k) for k in range(40)} for i in range(40)})
# What .gitattributes say, and no file of the tree is changed by.
make("attributes-idle", {
    ".gitattributes": b"\xef\xbb\xbf* text=auto\n*.x -export-ignore\n*.y !export-subst\nnone export-ignore\n"
                      b"*.c eol=lf\n*.sh eol=crlf\n# * export-ignore\n!* export-ignore\nsub/q export-ignore\n"
                      b"*.txt export-subst ident export-ignored xexport-ignore\n/f export-ignore\n",
    "a.x": b"x\n", "a.y": b"$Format:%H$\n", "a.c": b"int x;\r\n", "a.sh": b"no line end", "q": b"q",
    "a.txt": b"$ Format $I\n", "sub": {"f": b"y", "none.txt": b"x", ".gitattributes": b"../f export-ignore\n"},
    "link.sh": (LINK, b"x\n")})
make("attributes-linked", {".gitattributes": (LINK, b"rules"), "rules": b"* export-ignore\n", "f": b"x"})
for seed in SEEDS:
    rnd = random.Random(seed)
    make("random-" + seed, {name: random_node(rnd, 0) for name in rnd.sample(ODD_NAMES, rnd.randint(1, 12))})
