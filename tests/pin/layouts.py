"""layouts.py PROGRAM CLONE FOLDER: pin changes the values of a spec and leaves every other byte: exact
results for layouts that people use, and for many random ones that what is left of the old text stands
in the new one, that only what should be added is, and that pinning again changes nothing."""
import json
import os
import random
import re
import subprocess
import sys

PROGRAM, CLONE, FOLDER = sys.argv[1:4]
KEYS = ["url", "rev", "narHash", "lastModified"]
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\s+')
os.makedirs(FOLDER, exist_ok=True)
made = wrong = 0


def complain(what, old, new):
    global wrong
    wrong += 1
    print("FAILED:", what, "\n--- old", repr(old), "\n--- new", repr(new))


def pin(text, name="nixpkgs", revision="t4"):
    global made
    made += 1
    path = os.path.join(FOLDER, "spec.json")
    with open(path, "w", newline="", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run([PROGRAM, "pin", name, path, "--from", CLONE, "--rev", revision, "--json"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with open(path, newline="", encoding="utf-8") as file:
        new = file.read()
    if done.returncode:
        complain("pin ends with %d: %s" % (done.returncode, done.stdout.decode()), text, new)
        return new, None
    return new, json.loads(done.stdout)


pinned = pin('{"version": 1}')[1]
VALUES = [json.dumps(pinned[key]) for key in KEYS]
URL, REV, HASH, TIME = VALUES

# Old text, new text; URL REV HASH TIME stand for what is pinned, ~ for what was.
EXACT = [
    ('{\n  "version": 1\n}\n',
     '{\n  "version": 1,\n  "inputs": {\n    "nixpkgs": {\n      "url": URL,\n      "rev": REV,\n'
     '      "narHash": HASH,\n      "lastModified": TIME\n    }\n  }\n}\n'),
    ('{\n\t"version": 1,\n\n\t"name": "x"\n}',
     '{\n\t"version": 1,\n\n\t"name": "x",\n\t"inputs": {\n\t\t"nixpkgs": {\n\t\t\t"url": URL,\n\t\t\t"rev": REV,\n'
     '\t\t\t"narHash": HASH,\n\t\t\t"lastModified": TIME\n\t\t}\n\t}\n}'),
    ('{"version":1}', '{"version":1,"inputs":{"nixpkgs":{"url":URL,"rev":REV,"narHash":HASH,"lastModified":TIME}}}'),
    ('{"version": 1}\n',
     '{"version": 1, "inputs": {"nixpkgs": {"url": URL, "rev": REV, "narHash": HASH, "lastModified": TIME}}}\n'),
    ('{ "version": 1, "name": "x" }\n',
     '{ "version": 1, "name": "x", "inputs": { "nixpkgs": { "url": URL, "rev": REV, "narHash": HASH, '
     '"lastModified": TIME } } }\n'),
    ('{\r\n    "version" : 1\r\n}\r\n',
     '{\r\n    "version" : 1,\r\n    "inputs" : {\r\n        "nixpkgs" : {\r\n            "url" : URL,\r\n'
     '            "rev" : REV,\r\n            "narHash" : HASH,\r\n            "lastModified" : TIME\r\n        }\r\n'
     '    }\r\n}\r\n'),
    ('{ "version": 1\n, "name": "x"\n}\n',
     '{ "version": 1\n, "name": "x"\n, "inputs": {\n  "nixpkgs": {\n    "url": URL,\n    "rev": REV,\n'
     '    "narHash": HASH,\n    "lastModified": TIME\n  }\n}\n}\n'),
    ('{\n  "inputs": {},\n  "version": 1\n}\n',
     '{\n  "inputs": {\n    "nixpkgs": {\n      "url": URL,\n      "rev": REV,\n      "narHash": HASH,\n'
     '      "lastModified": TIME\n    }\n  },\n  "version": 1\n}\n'),
    ('{\n  "inputs": {\n    "home-manager": { "url": "github:a/b" }\n  }\n}\n',
     '{\n  "inputs": {\n    "home-manager": { "url": "github:a/b" },\n    "nixpkgs": { "url": URL, "rev": REV, '
     '"narHash": HASH, "lastModified": TIME }\n  }\n}\n'),
    ('{\n  "inputs": {\n    "nixpkgs": {\n      "url": URL,\n\n      "rev": "~"\n    }\n  }\n}\n',
     '{\n  "inputs": {\n    "nixpkgs": {\n      "url": URL,\n\n      "rev": REV,\n      "narHash": HASH,\n'
     '      "lastModified": TIME\n    }\n  }\n}\n'),
    ('{"inputs": {"nixpkgs": {"lastModified":  12 ,"narHash"\n:"~","rev":null, "url" : URL}}, "name": "\\u00e4 \u00e4"}',
     '{"inputs": {"nixpkgs": {"lastModified":  TIME ,"narHash"\n:HASH,"rev":REV, "url" : URL}}, '
     '"name": "\\u00e4 \u00e4"}'),
    ('{"inp\\u0075ts": {"n\\u0069xpkgs": {"url": URL, "r\\u0065v": {"a": [1, "]}"]}, "narHash": [], "lastModified": 1.5}}}',
     '{"inp\\u0075ts": {"n\\u0069xpkgs": {"url": URL, "r\\u0065v": REV, "narHash": HASH, "lastModified": TIME}}}'),
    ('{"inputs": {\n}, "version": 1}',
     '{"inputs": {"nixpkgs": {"url": URL, "rev": REV, "narHash": HASH, "lastModified": TIME}}, "version": 1}'),
    ('{}', '{\n  "inputs": {\n    "nixpkgs": {\n      "url": URL,\n      "rev": REV,\n      "narHash": HASH,\n'
           '      "lastModified": TIME\n    }\n  }\n}'),
]


def filled(text):
    for word, value in zip(["URL", "REV", "HASH", "TIME"], VALUES):
        text = text.replace(word, value)
    return text


for old, wanted in EXACT:
    old, wanted = filled(old), filled(wanted)
    new = pin(old)[0]
    if new != wanted:
        complain("wanted " + repr(wanted), old, new)

# -- random layouts --


class Style:
    """How somebody writes JSON: blanks at each place, drawn once a file or anew each time."""

    def __init__(self, rnd):
        self.rnd, self.wild = rnd, rnd.random() < 0.3
        self.newline = rnd.choice(["\n", "\n", "\n", "\r\n"])
        self.step = rnd.choice(["  ", "    ", "\t", "", "   "])
        self.colon = rnd.choice([": ", ":", " : ", " :"])
        self.padding = rnd.choice(["", " "])
        self.lines = rnd.choice([0, 1, 2, 3, 9])

    def blank(self):
        return "".join(self.rnd.choice([" ", "\t", "\n", "\r\n", ""]) for _ in range(self.rnd.randint(0, 3)))

    def write(self, value, depth=0):
        if not isinstance(value, (dict, list)):
            return json.dumps(value, ensure_ascii=self.rnd.random() < 0.5)
        opened, closed = "{}" if isinstance(value, dict) else "[]"
        items = [(json.dumps(k) + (self.blank() + ":" + self.blank() if self.wild else self.colon) if k is not None
                  else "") + self.write(v, depth + 1)
                 for k, v in (value.items() if isinstance(value, dict) else ((None, v) for v in value))]
        if self.wild:
            return opened + self.blank() + (self.blank() + "," + self.blank()).join(items) + self.blank() + closed
        if not items:
            return opened + closed
        if depth >= self.lines:
            return opened + self.padding + ("," + (self.padding or " ")).join(items) + self.padding + closed
        inner = self.newline + self.step * (depth + 1)
        return opened + inner + ("," + inner).join(items) + self.newline + self.step * depth + closed


def random_spec(rnd):
    entry = {}
    for key, value in zip(KEYS, VALUES):
        if key == "url" or rnd.random() < 0.6:
            entry[key] = json.loads(value) if key == "url" or rnd.random() < 0.3 else rnd.choice(
                ["old", 12, None, "}{\",:[", [], {"rev": ["x"]}, True])
    entry = dict(rnd.sample(sorted(entry.items()), len(entry)))
    spec = {"version": 1, "name": "\u00fc\u2028x\\", "git": {"name": "{\"inputs\": 1}"}, "agents": [],
            "limits": {}, "environment": {"A": "rev"}}
    choice = rnd.random()
    if choice < 0.8:
        spec["inputs"] = {"home-manager": {"url": "github:a/b"}} if rnd.random() < 0.4 else {}
    if choice < 0.6:
        spec["inputs"]["nixpkgs"] = entry if rnd.random() < 0.9 else {}
    return dict(rnd.sample(sorted(spec.items()), rnd.randint(1, len(spec))))


def tokens(text):
    """The text without the values that pin may write."""
    path, out, key = [], [], None
    depth_in = None
    for token in TOKEN.findall(text):
        blank = token.isspace()
        inside = depth_in is not None
        if token in "{[" and not blank:
            if not inside and path[1:] == ["inputs", "nixpkgs"] and key in KEYS:
                depth_in = len(path)
            path.append(key)
            key = None
        elif token in "}]" and not blank:
            key = path.pop()
            if inside and len(path) == depth_in:
                depth_in, key = None, None
                out.append("VALUE")
                continue
        elif token == ",":
            key = None
        elif token == ":" or blank:
            pass
        elif key is None and token[0] == '"' and not inside:
            key = json.loads(token)
        elif path[1:] == ["inputs", "nixpkgs"] and key in KEYS and not inside:
            token = "VALUE"
        if depth_in is None:
            out.append(token)
    return out


def added(old, new):
    """What stands in new and not in old, when old is new with pieces taken out; else None."""
    rest, i = [], 0
    for token in new:
        if i < len(old) and token == old[i]:
            i += 1
        else:
            rest.append(token)
    return rest if i == len(old) else None


for seed in range(int(os.environ.get("LAYOUTS", "120"))):
    rnd = random.Random(seed)
    spec = random_spec(rnd)
    style = Style(rnd)
    old = style.write(spec) + rnd.choice(["", "\n", "\r\n", " ", "\n\n"])
    if rnd.random() < 0.2:
        old = rnd.choice(["\n", "  ", "\t"]) + old
    new, said = pin(old)
    wanted = json.loads(old)
    wanted.setdefault("inputs", {}).setdefault("nixpkgs", {}).update(zip(KEYS, map(json.loads, VALUES)))
    if json.loads(new) != wanted:
        complain("seed %d: another meaning" % seed, old, new)
    # Blanks are compared as they are, but where an empty object was filled.
    before, after = tokens(old), tokens(new)
    squeezed = [t for t in before if not t.isspace()], [t for t in after if not t.isspace()]
    more = added(*squeezed)
    if more is None:
        complain("seed %d: something is gone" % seed, old, new)
    elif set(more) - set('{},:') - {json.dumps(k) for k in KEYS + ["inputs", "nixpkgs"]} - {"VALUE"}:
        complain("seed %d: something else is there: %r" % (seed, more), old, new)
    if not any(t == "{" for t in more or []) and "{}" not in "".join(squeezed[0]):
        if added(before, after) is None:
            complain("seed %d: a blank is gone" % seed, old, new)
    if not more and before != after:
        complain("seed %d: a blank changed" % seed, old, new)
    again, said = pin(new)
    if again != new or said is None or said["changed"]:
        complain("seed %d: pinning again changes it" % seed, new, again)
    back = pin(pin(new, revision="t1")[0])[0]
    if back != new:
        complain("seed %d: there and back is another text" % seed, new, back)
print("%d texts pinned, %d wrong" % (made, wrong))
sys.exit(wrong > 0)
