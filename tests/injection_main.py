"""Hostile text in every text field of the schema.

Usage: injection_main.py ROOT WORK, where WORK/agent-sandbox is the program. The fields are found in
gen/doc/agent-sandbox.schema.json. A field with a pattern refuses a hostile string or takes it; what it
takes that is more than a plain word goes on, as do all strings of the fields without a pattern, into
one spec with many rules, variables, credentials and so on. The same spec with ordinary words there
is rendered too. Each output must then have the structure of its ordinary counterpart after its
target's own parser, with each value as written, or be the same file, byte for byte.
"""

import copy
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import traceback

import injection_corpus as corpus
import injection_readers as readers
import injection_schema as schema

ROOT, WORK = sys.argv[1:]
PROGRAM = WORK + "/agent-sandbox"
FOLDER = WORK + "/specs"
EXAMPLE = ROOT + "/tests/good/everything"
CASE = os.environ.get("CASE", "")  # some of the names of the fields that are to be tried alone
EVERY = int(os.environ.get("EVERY", "1"))  # of the hostile texts, for a program that is slow
counts = {True: 0, False: 0}

# How to have one more of what stands many times; {i} is its number.
FRESH = {
    "environment": ("V{i}", ""),
    "dotfiles": (".hostile/{i}", {"text": ""}),
    "network.rules": {"host": "h{i}.example.org", "paths": ["/**"]},
    "network.mcp": {"url": "https://h{i}.example.net/mcp", "tools": ["x"]},
    "network.cidrs": {"cidr": "10.77.{i}.0/24", "ports": [443]},
    "workspaces": {"path": "/srv/w{i}", "darwin_path": "/Users/Shared/w{i}"},
    "operators": "",
    "projects.roots": "/srv/roots/r{i}",
    "hide": "",
    "protect": "",
    "accept": {"finding": "never-used", "of": "h{i}.example.org", "reason": "r{i}"},
    "tests": {"request": "GET https://evil-{i}.example/", "expect": "deny"},
    "credentials": {"name": "c{i}", "source": "file:/etc/agent-sandbox/everything/secrets/c",
                    "hosts": ["h{i}.example.org"], "inject": {"header": "x-key"}, "env": "C{i}"},
}
PLACE, NAME = "the place of a text", "the-name-of-it"
# These are sorted by their text, so nothing else stands among the hostile ones; and the ordinary ones
# have their order.
ALONE = ("workspaces", "operators", "projects.roots", "hide", "protect")
# Ordinary text for the fields whose pattern lets more through than plain words.
ORDINARY = {"network.rules[].paths[]": "/ordinary/{n}",
            "network.rules[].query[]": "ordinary-{n}=*",
            "network.mcp[].tools[]": "ordinary-{n}_*",
            "tests[].tool": "ordinary-{n}",
            "credentials[].placeholder": "ordinary-placeholder-{n}",
            "credentials[].paths[]": "/ordinary/{n}",
            "credentials[].inject.authorization": "Ordinary-{n}",
            "credentials[].inject.json": "/ordinary/{n}",
            "operators[]": "admin-ordinary-{n}",
            "projects.roots[]": "/srv/roots/ordinary-{n}",
            **{f"{where}{key}[]": "ordinary-{n}" for where in ("", "workspaces[].") for key in ("hide", "protect", "unprotect")},
            "workspaces[].path": "/srv/agent-sandbox/ordinary-{n}",
            "workspaces[].darwin_path": "/Users/Shared/Application Support/ordinary-{n}"}
# These stand beside words of ours, or each other, in their cell of README.md, where what is no one span of code would
# change the structure: a pipe, and more ticks than a fence can have (write_md.c).
ONE_SPAN = ("credentials[].inject.authorization", "credentials[].inject.json", "network.rules[].query[]",
            *(f"{where}{key}[]" for where in ("", "workspaces[].") for key in ("hide", "protect", "unprotect")))
NO_SPAN = re.compile(r"\||`{41}")
# What stands there beside plain words: the home folder; the blanks of a public key's line.
BESIDES = {"signing.key": "^~(?=/)", "signing.allowed[].key": " ", "ssh.hosts[].keys[]": " ", "ssh.keys[]": " "}
WHOLE = ("network.trust[].text", "tests[].request", "accept[].of")  # sorted by their text as JSON: tried one by one alone
ABSENT = {"require.lifetime": "3650d"}  # of fields that tests/good/everything has not: all of its rules would need an end
# These name a file beside the spec, which is made; its name must change nothing.
FILES = {"extends[]": "base.json", "dotfiles{}.source": "starship.toml", "network.trust[].source": "corp-ca.pem"}


def check(name, problem):
    counts[not problem] += 1
    print(f"FAILED: {name}\n    {str(problem)[:1500]}" if problem else f"ok: {name}", flush=True)


def write(file, text):
    with open(file, "w", encoding="utf-8") as stream:
        stream.write(text)


def render(spec, name):
    """What the program did with the spec: the process, and the folder that it may have made."""
    file, output = f"{FOLDER}/{name}.json", f"{WORK}/{name}"
    write(file, spec)
    done = subprocess.run([PROGRAM, "render", file, "-o", output], cwd=FOLDER, capture_output=True,
                          check=False)
    return done, output


def base_spec():
    with open(EXAMPLE + "/spec.json", encoding="utf-8") as stream:
        spec = json.load(stream)
    with open(ROOT + "/templates/pins.json", encoding="utf-8") as stream:
        spec["inputs"] = {"nixpkgs": json.load(stream)["nixpkgs"]}
    for item in spec["network"]["rules"] + spec["network"]["mcp"] + spec["network"]["cidrs"]:
        item["expires"] = "2035-12-31"
    spec["grants"]["by"] = spec["operators"][-1:]  # it is the first operator who has other names
    # Whatever becomes of one field, these hold.
    other = next(one for one in spec["credentials"][1:] if "paths" not in one and "*" not in one["hosts"][0])
    spec["tests"] = [{"request": "GET https://evil.example/", "expect": "deny"}, {"connect": "evil.example:22", "expect": "deny"},
                     {"request": f"GET https://{other['hosts'][0]}/", "expect": "allow", "credential": other["name"]},
                     {"request": f"POST {spec['network']['mcp'][0]['url']}", "tool": "search", "expect": "allow"}]
    for credential in spec["credentials"]:  # most of these hosts are in the presets alone
        spec["network"]["rules"].append({"host": credential["hosts"][0], "expires": "2035-12-31"})
    return spec


# -- one string in one field --

def with_place(spec, leaf):
    """The spec as JSON, with PLACE where the leaf's text comes. Without the presets: quicker."""
    spec = copy.deepcopy(spec)
    spec.update({"name": NAME, "agents": []})
    holder, key = schema.find(spec, leaf.path)
    if leaf.path[-1] == "{k}":
        holder[PLACE] = holder.pop(key)
    else:
        holder[key] = PLACE
    # On machines of their own too: two sandboxes of one can't have one uid.
    spec["hosts"] = {key if key == PLACE else f"{key}-{NAME}": host
                     for key, host in spec["hosts"].items()}
    return json.dumps(spec)


def with_text(place, text, i):
    """Under a name of its own, so that many can be checked at once."""
    return place.replace(json.dumps(PLACE), json.dumps(text)).replace(NAME, f"example-{i}")


def make_file(leaf, text):
    """So that it is not for want of the file that its name is refused."""
    path = os.path.normpath(os.path.join(FOLDER, text))
    if not path.startswith(FOLDER + "/") or text.endswith("/") or "\0" in text:
        return
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copyfile(f"{EXAMPLE}/{FILES[leaf.name]}", path)
    except (OSError, UnicodeError):
        pass  # the name of a folder, or too long: the program is to refuse it


def refused_of(leaf, files):
    """Which of the specs the program refuses, all in one run; its messages are safe to print."""
    done = subprocess.run([PROGRAM, "check", *files], cwd=FOLDER, capture_output=True, check=False)
    refused = set(re.findall(r"^(many-\d+\.json):\d+:\d+: error: ", done.stderr.decode(), re.M))
    if done.returncode != (2 if refused else 0) or done.stdout:
        check(f"{leaf.name}: refused with exit code 2", f"{done.returncode}, {done.stdout[:200]}")
    unsafe = re.findall(rb".*(?:[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]).*",
                        done.stderr)
    if unsafe:
        check(f"{leaf.name}: messages hold no character that a terminal acts on", unsafe[0])
    return refused


def why_not_taken(leaf, text):
    if not leaf.takes(text):
        return "it was taken, and the schema's pattern says that it is not"
    if not leaf.shortest <= corpus.size(text) <= leaf.longest:
        return "it was taken, and is too short or too long"
    return None


def leaves_nothing(place, text, number):
    """What render does, instead of check, with a spec that is refused."""
    done, output = render(with_text(place, text, number), "refused")
    if done.returncode != 2 or done.stdout or os.path.exists(output):
        return f"render: exit {done.returncode}, {done.stdout[:200]}"
    return None


def attempts(leaf, value):
    if leaf.pattern is None:
        texts = corpus.CONTROL
    else:
        texts = corpus.HOSTILE + corpus.CONTROL + corpus.LINES
        texts = texts + [value + text for text in texts] + [text + value for text in texts[:40]]
    if leaf.longest < 10000:
        texts = texts + [value + "a" * (leaf.longest + 1 - corpus.size(value))]
    return [text for text in dict.fromkeys(texts) if text != value][::EVERY]


def example_of(leaf, spec):
    """(the spec with the leaf in it, the leaf's text)"""
    found = schema.find(spec, leaf.path)
    if not found and leaf.container() is None:
        schema.put(spec := copy.deepcopy(spec), leaf.path, ABSENT.get(leaf.name, "ordinary words"))
        found = schema.find(spec, leaf.path)
    if not found:
        return spec, None
    return spec, found[1] if leaf.path[-1] == "{k}" else found[0][found[1]]


def try_leaf(leaf, spec):
    """Returns the texts that were taken."""
    spec, value = example_of(leaf, spec)
    if value is None:
        check(f"{leaf.name} has an example", "put one into tests/good/everything")
        return []
    texts = [value] + attempts(leaf, value)
    place = with_place(spec, leaf)
    files = [f"many-{i}.json" for i in range(len(texts))]
    for i, (text, file) in enumerate(zip(texts, files)):
        if leaf.name in FILES:
            make_file(leaf, text)
        write(f"{FOLDER}/{file}", with_text(place, text, i))
    refused = refused_of(leaf, files)
    if files[0] in refused:
        check(f"{leaf.name}: its ordinary text is taken", value)
    taken = [text for text, file in zip(texts, files) if file not in refused and text != value]
    wrong = [(text, why_not_taken(leaf, text)) for text in taken]
    if leaf.pattern is None:
        wrong += [(text, "a control character") for text in taken
                  if not (leaf.lines and text in corpus.CONTROL[:2])]
    not_taken = [text for text, file in zip(texts, files) if file in refused]
    wrong += [(text, leaves_nothing(place, text, i)) for i, text in enumerate(not_taken[::60])]
    check(f"{leaf.name}: {len(texts)} hostile texts, {len(taken)} of them taken",
          "\n    ".join(f"{text[:80]!r}: {problem}" for text, problem in wrong if problem))
    return taken


def tree_of(output):
    return subprocess.check_output(["git", "-C", output, "rev-parse", "HEAD^{tree}"])


def try_file_names(leaf, spec, taken):
    """The name of a file beside the spec changes nothing."""
    trees = set()
    texts = sorted(taken, key=len)[:8]
    for text in texts + [example_of(leaf, spec)[1]]:
        make_file(leaf, text)
        done, output = render(with_text(with_place(spec, leaf), text, 0), "named")
        trees.add(done.stderr if done.returncode else tree_of(output))
        shutil.rmtree(output, ignore_errors=True)
    check(f"{leaf.name}: {len(texts)} hostile names of files, one tree", len(trees) > 1 and trees)


def more_than_a_word(leaf, text):
    text = re.sub(BESIDES.get(leaf.name, "^$"), "", text)
    return leaf.name not in FILES and re.search(r"[^A-Za-z0-9._/@+:*-]", text)


# -- many strings in one spec --

def texts_for(leaf, taken):
    if leaf.pattern is not None:
        if leaf.container() not in ALONE:
            return taken
        # One more folder above would be one more line of the Seatbelt profile.
        taken = [text for text in taken if text.count("/") == ORDINARY[leaf.name].count("/")]
        return sorted(taken, key=lambda text: json.dumps(text, ensure_ascii=False).encode())
    texts = corpus.HOSTILE + (corpus.LINES if leaf.lines else [])
    for unit in corpus.UNITS:
        texts = texts + [corpus.fill(unit, min(leaf.longest, 10000))]
    if leaf.longest > 10000:  # a spec has 1 MiB at most, all in all
        texts = texts + [corpus.fill(corpus.HOSTILE[15] + "\n", 300000)]
    texts = [text + " padded" * (corpus.size(text) < leaf.shortest > 1) for text in texts]
    texts = [text for text in texts if leaf.shortest <= corpus.size(text) <= leaf.longest]
    return ([""] if leaf.shortest == 0 else []) + list(dict.fromkeys(texts))


def numbered(value, i):
    return json.loads(json.dumps(value).replace("{i}", str(i)))


class Pair:
    """Two specs, one hostile and one ordinary, and which ordinary text stands for which hostile."""

    def __init__(self, spec):
        self.hostile, self.ordinary = copy.deepcopy(spec), copy.deepcopy(spec)
        for name in ALONE:
            *above, last = name.split(".")
            for made in (self.hostile, self.ordinary):
                for part in above:
                    made = made.get(part, {})
                if last in made:
                    made[last] = []
        for made in (self.hostile, self.ordinary):  # what is granted is by operators, and these are others now
            made.pop("grants", None)
            for name in ("ask", "ask_hosts"):
                made.get("network", {}).pop(name, None)
        self.instead = {}

    def word(self, leaf, text):
        n = len(self.instead) + 1
        ordinary = ORDINARY.get(leaf.name, "ordinary words {n}").replace("{n}", f"{n:04}")
        self.instead[ordinary] = text
        return ordinary

    def set(self, leaf, path, text, items):
        ordinary = self.word(leaf, text)
        for item, value in zip(items, (text, ordinary)):
            schema.put(item, path, value)

    def add_item(self, name, i, chosen):
        """One more of the container's items, with these (leaf, text) in it."""
        fresh = numbered(FRESH[name], i)
        key, item = fresh if isinstance(fresh, list) else (None, fresh)
        items = [{"item": copy.deepcopy(item)} for _ in range(2)]
        for leaf, text in chosen:
            inside = leaf.path[len(name.split(".")) + 1:]
            for one in items if "inject" in inside else ():
                one["item"]["inject"] = {}  # it is one choice
            self.set(leaf, ("item",) + inside, text, items)
        for spec, made in zip((self.hostile, self.ordinary), items):
            holder = spec
            for part in name.split("."):
                holder = holder[part]
            if key is None:
                holder.append(made["item"])
            else:
                holder[key] = made["item"]


def fill_containers(pair, many):
    for name in sorted({leaf.container() for leaf, _ in many}):
        group = [(leaf, texts) for leaf, texts in many if leaf.container() == name]
        if name not in FRESH:
            check(f"{name} can stand many times", "say how to have one more, in FRESH")
            continue
        for i in range(max(len(texts) for _, texts in group)):
            pair.add_item(name, i, [(leaf, texts[i]) for leaf, texts in group if i < len(texts)])
    for made in (pair.hostile, pair.ordinary):  # somebody begins sessions in the projects
        made["operators"] = made.get("operators") or ["admin"]
        made["projects"]["roots"] = made["projects"]["roots"] or ["/srv/roots/r"]


def replaced(structure, instead):
    if isinstance(structure, str):
        return instead.get(structure, structure)
    if isinstance(structure, (list, tuple)):
        return [replaced(item, instead) for item in structure]
    return structure


def first_difference(got, wanted):
    if isinstance(got, list) and isinstance(wanted, list):
        for i in range(max(len(got), len(wanted))):
            pair = [side[i] if i < len(side) else "nothing" for side in (got, wanted)]
            if pair[0] != pair[1]:
                return first_difference(*pair)
    return f"got    {got!r:.400}\n    wanted {wanted!r:.400}"


def among(text, instead, any_of):
    """(how many ordinary texts are in it, the text with the hostile ones instead)"""
    found = any_of.split(text)
    return len(found) // 2, "".join(corpus.shown(instead[part]) if i % 2 else part for i, part in enumerate(found))


def compare_markdown(hostile, ordinary, instead):
    """(what differs, how many values were read back)"""
    values = 0
    any_of = re.compile("(" + "|".join(map(re.escape, instead)) + ")")
    for got, plain in zip(hostile, ordinary):
        if not isinstance(plain, readers.Inline):
            if got != plain:
                return f"got    {got!r:.400}\n    wanted {plain!r:.400}", values
            continue
        if not isinstance(got, readers.Inline):
            return f"got    {got!r:.400}\n    for text {plain.text:.100}", values
        if plain.text not in instead:
            n, wanted = among(plain.text, instead, any_of)
            values += n
            if (got.text, got.marks) != (wanted, plain.marks):
                return f"got    {got!r:.400}\n    wanted {wanted!r:.400} {plain.marks!r:.100}", values
            continue
        values += 1
        if got.text != corpus.shown(instead[plain.text]):
            return f"got    {got.text!r:.400}\n    wanted {corpus.shown(instead[plain.text])!r:.400}", values
        if not {mark[0] for mark in got.marks} <= readers.PLAIN_MARKS:
            return f"{got.text!r:.200} has {got.marks!r:.200}", values
    return len(hostile) != len(ordinary) and "one has more blocks", values


def count_values(structure, instead):
    if isinstance(structure, str):
        return structure in instead
    return sum(count_values(x, instead) for x in structure) if isinstance(structure, list) else 0


def compare_file(name, how, read, trees, instead):
    empty = WORK + "/empty"
    os.makedirs(empty, exist_ok=True)
    try:
        hostile, ordinary = (read(f"{tree}/{name}", empty) for tree in trees)
    except Exception:  # a reader that gives up is a finding
        shutil.rmtree(empty)
        return traceback.format_exc(limit=-2), 0
    if how in readers.MARKDOWN:
        return compare_markdown(hostile, ordinary, instead)
    values = count_values(ordinary, instead)
    if hostile == replaced(ordinary, instead):
        return None, values
    return first_difference(hostile, replaced(ordinary, instead)), values


def files_of(tree):
    found = []
    for folder, folders, files in os.walk(tree):
        folders[:] = [f for f in folders if f != ".git"]
        found += [os.path.relpath(os.path.join(folder, f), tree) for f in files]
    return sorted(found)


def contents(file):
    with open(file, "rb") as stream:
        return stream.read(), os.stat(file).st_mode


def compare_dotfile(name, trees, instead):
    text = contents(f"{trees[1]}/{name}")[0].decode()
    return contents(f"{trees[0]}/{name}")[0] != instead.get(text, text).encode()


def said(done, output):
    """What render and its commit say, without the names of folders and the counts of lines. A user's
    words stand in the policy diff, behind a mark and in the lines that go on from there: each such
    line is left out but for its mark, so that words which begin a line of their own are seen. The
    commit cuts its diff after so many lines, and of long words fewer are told: how many is left out."""
    message = subprocess.check_output(["git", "-C", output, "log", "--format=%an|%ae|%B"])
    first, text = ((re.sub(r"(?m)^( {2,4}[-+~] ).*(\n {6,}.*)*", r"\1",
                           part.decode().replace(output, ""))) for part in (done.stdout, message))
    text = first + re.sub(r"(?m)(^  \+ \n)+(?=  and \d+ more lines)", "", text)
    return re.sub(r"[0-9a-f]{10,}|[+-]?\d+", "N", text)


def compare_trees(pair, name):
    """Renders both; returns the two trees when that worked."""
    results = [render(json.dumps(spec, ensure_ascii=False), f"{name}-{kind}")
               for spec, kind in ((pair.hostile, "hostile"), (pair.ordinary, "ordinary"))]
    for done, _ in results:
        if done.returncode:
            check(f"{name}: the program takes the spec", done.stderr.decode()[:1500])
            return None
    trees = [output for _, output in results]
    if said(*results[0]) != said(*results[1]):
        check(f"{name}: what render and the commit say", "hostile text got into it:\n    " + "\n    ".join(
            list(difflib.unified_diff(*(said(*one).split("\n") for one in results), n=0))[:20]))
    if files_of(trees[0]) != files_of(trees[1]):
        check(f"{name}: the names of files", "they differ")
        return None
    return trees


def must_have_values(name):
    """Few of the hostile texts are somebody's name: of a part of them maybe none."""
    return not name.endswith("git/config") and not (EVERY > 1 and "/sudoers.d/" in name)


def compare_outputs(pair):
    trees = compare_trees(pair, "many")
    if not trees:
        return
    check("render's output, the commit's message and the names of files are the ordinary ones", None)
    own = {"home/" + path for path in pair.ordinary["dotfiles"] if path.startswith(".hostile/")}
    same = wrong = 0
    for name in files_of(trees[0]):
        if name in readers.READERS:
            for how, read in readers.READERS[name].items():
                problem, values = compare_file(name, how, read, trees, pair.instead)
                check(f"{name} ({how}): the same structure, {values} values as written",
                      problem or (not values and not CASE and must_have_values(name) and "no values"))
        elif name in own:
            wrong += compare_dotfile(name, trees, pair.instead)
        elif contents(f"{trees[0]}/{name}") == contents(f"{trees[1]}/{name}"):
            same += 1
        else:
            check(f"{name} is the ordinary file, byte for byte", "it is not")
    check(f"{same} other files are the ordinary ones, byte for byte", same < 30 and "too few")
    check(f"{len(own)} dotfiles as written, byte for byte",
          f"{wrong} differ" if wrong else not own and not CASE and "none")


def compare_once(i, trees, instead):
    """(what is wrong, how many values were read back)"""
    problems, values = [], 0
    for name in files_of(trees[0]):
        if contents(f"{trees[0]}/{name}") == contents(f"{trees[1]}/{name}"):
            continue
        if name not in readers.READERS:
            problems.append(f"{name} is not the ordinary file")
        for how, read in readers.READERS.get(name, {}).items():
            problem, n = compare_file(name, how, read, trees, instead)
            values += n
            if problem:
                problems.append(f"{i}: {name} ({how}): {problem}")
    return problems, values


def try_scalars(scalars):
    """The fields that stand once: all of them in each spec, another text each time."""
    rounds = range(0, max(len(texts) for _, texts in scalars), EVERY)
    pair = Pair({"version": 1, "name": "once"})
    words = {}
    for leaf, _ in scalars:
        words[leaf.name] = pair.word(leaf, "")
        schema.put(pair.ordinary, leaf.path, words[leaf.name])
    ordinary = render(json.dumps(pair.ordinary), "once")[1]
    problems, values = [], 0
    for i in rounds:
        for leaf, texts in scalars:
            text = texts[i % len(texts)]
            schema.put(pair.hostile, leaf.path, text)
            pair.instead[words[leaf.name]] = text
        done, output = render(json.dumps(pair.hostile), "once-again")
        if done.returncode:
            problems.append(f"{i}: {done.stderr.decode():.300}")
            continue
        wrong, n = compare_once(i, (output, ordinary), pair.instead)
        problems, values = problems + wrong, values + n
        shutil.rmtree(output)
    names = ", ".join(leaf.name for leaf, _ in scalars)
    check(f"{names}: {len(rounds)} specs, {values} values as written",
          "\n    ".join(problems) or (not values and "no values"))


def main():
    os.makedirs(FOLDER)
    for name in FILES.values():
        shutil.copyfile(f"{EXAMPLE}/{name}", f"{FOLDER}/{name}")
    spec = base_spec()
    done, _ = render(json.dumps(spec), "example")
    check("the example renders", done.returncode and done.stderr.decode())
    many, scalars = [], []
    for leaf in schema.load(ROOT + "/gen/doc/agent-sandbox.schema.json"):
        if CASE not in leaf.name:
            continue
        taken = try_leaf(leaf, spec)
        if leaf.name in FILES:
            try_file_names(leaf, spec, taken)
        taken = [text for text in taken if more_than_a_word(leaf, text)]
        if leaf.name in WHOLE:
            continue
        texts = [text for text in texts_for(leaf, taken) if leaf.name not in ONE_SPAN or not NO_SPAN.search(text)]
        if texts and leaf.pattern is not None and leaf.name not in ORDINARY:
            check(f"{leaf.name} takes plain words only", f"it takes {texts[:5]!r}")
        elif texts:
            (scalars if leaf.container() is None else many).append((leaf, texts))
    pair = Pair(spec)
    fill_containers(pair, many)
    if many:
        compare_outputs(pair)
    if scalars:
        try_scalars(scalars)
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(counts[False] > 0 or not CASE and counts[True] < 10)


main()
