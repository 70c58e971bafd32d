"""Bodies of JSON that a secret goes into: where a pointer leads, in both engines, in texts that are good, odd and broken; and what
must come of each."""

from __future__ import annotations

import json
import random

POINTERS = ["/key", "/auth/key", "/a/0", "/a/1/key", "/~0~1", "/", "/key/key", "/KeY", "/\u00e9", "/a/-", "/sk"]
NONE, STRING, OTHER, AMBIGUOUS, NO_JSON = range(5)
KNOWN = [
    ("/key", b'{"key":"x"}', STRING), ("/key", b' {"a" : [1,{"key":"y"}] , "key" : "x" } \n', STRING), ("/key", b"{}", NONE),
    ("/key", b'{"key":1}', OTHER), ("/key", b'{"key":{"key":"x"}}', OTHER), ("/key", b'{"key":["x"]}', OTHER), ("/key", b'{"key":null}', OTHER),
    ("/key", b'{"key":"x","key":"y"}', AMBIGUOUS), ("/key", b'{"key":"x","KEY":"y"}', AMBIGUOUS), ("/key", b'{"Key":"x"}', AMBIGUOUS),
    ("/key", b'{"k\\u0065y":"x"}', STRING), ("/key", b'{"k\\u0065y":"x","key":"y"}', AMBIGUOUS), ("/key", b'{"\\u006bEy":"x"}', AMBIGUOUS),
    ("/key", '{"\u212aey":"x"}'.encode(), AMBIGUOUS), ("/sk", '{"\u017fk":"x"}'.encode(), AMBIGUOUS), ("/key", b'{"\\u212aey":"x"}', AMBIGUOUS),
    ("/auth/key", b'{"auth":{"key":"x"},"auth":1}', AMBIGUOUS), ("/auth/key", b'{"auth":{"key":"x"},"b":{"auth":{}}}', STRING),
    ("/a/0", b'{"a":["x"]}', STRING), ("/a/1/key", b'{"a":[{"key":1},{"key":"x"}]}', STRING), ("/a/-", b'{"a":["x"]}', NONE),
    ("/a/0", b'{"a":{"0":"x"}}', STRING), ("/~0~1", b'{"~/":"x"}', STRING), ("/", b'{"":"x"}', STRING), ("/key", b'["key"]', NONE),
    ("/key", b'"key"', NONE), ("/key", b"", NO_JSON), ("/key", b"{", NO_JSON), ("/key", b'{"key":"x"}x', NO_JSON), ("/key", b'{"key":"x"}{}', NO_JSON),
    ("/key", b'{"key":"x",}', NO_JSON), ("/key", b"{'key':'x'}", NO_JSON), ("/key", b'{key:"x"}', NO_JSON), ("/key", b'{"key":"x"/**/}', NO_JSON),
    ("/key", b'\xef\xbb\xbf{"key":"x"}', NO_JSON), ("/key", '{"key":"x"}'.encode("utf-16"), NO_JSON), ("/key", '{"key":"x"}'.encode("utf-16-le"), NO_JSON),
    ("/key", b'{"key":"\xff"}', NO_JSON), ("/key", b'{"key":"\xed\xa0\x80"}', NO_JSON), ("/key", b'{"key":"\xc0\xaf"}', NO_JSON),
    ("/key", b'{"key":"a\nb"}', NO_JSON), ("/key", b'{"key":"\\x41"}', NO_JSON), ("/key", b'{"key":"\\ud800"}', STRING), ("/key", b'{"key":"\\u00"}', NO_JSON),
    ("/key", b'{"key":"x","n":01}', NO_JSON), ("/key", b'{"key":"x","n":NaN}', NO_JSON), ("/key", b'{"key":"x","n":-}', NO_JSON),
    ("/key", b'{"key":"x","n":-0.5e+10}', STRING), ("/key", b'{"key":"x","n":1e999}', STRING), ("/key", b'{"key":"x\\u0000"}', STRING),
    ("/key", b'{"key":"x\x00"}', NO_JSON), ("/key", b'{"key":"x","d":' + b"[" * 98 + b"]" * 98 + b"}", STRING),
    ("/key", b'{"key":"x","d":' + b"[" * 100 + b"]" * 100 + b"}", NO_JSON), ("/key", b"\x0b{}", NO_JSON), ("/key", b"\xc2\xa0{}", NO_JSON),
    ("/key", '{"key":"\U0001f600\\ud83d\\ude00"}'.encode(), STRING), ("/\u00e9", '{"\u00e9":"x"}'.encode(), STRING), ("/\u00e9", b'{"\\u00E9":"x"}', STRING),
]
BITS = [b"{", b"}", b"[", b"]", b":", b",", b'"key"', b'"KEY"', b'"auth"', b'"a"', b'"k\\u0065y"', b'"x"', b'"', b"\\", b"1", b"-0", b"1.5", b"e3", b"true",
        b"null", b" ", b"\n", b'{"key":', b'{"auth":{"key":"x"}}', b'"sk-placeholder-demo-api"', b"\xc3\xa9", b"\xff", b"\0", b"\\u00e9", b"\\ud83d",
        b"[[[[", b"0", b"00", b'""']


def near(chance: random.Random) -> tuple[str, bytes]:
    pointer, text, _ = chance.choice(KNOWN)
    if chance.random() < 0.4:
        text = b"".join(chance.choice(BITS) for _ in range(chance.randint(1, 14)))
    for _ in range(chance.choice((0, 1, 1, 2))):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice((chance.choice(BITS), b"")) + text[at + chance.choice((0, 0, 1, 3)):]
    return (pointer if chance.random() < 0.7 else chance.choice(POINTERS)), text


def compare(driver: str, folder: str, seed: str) -> list:
    import names  # which takes more than random_requests has where it is used
    import json_place
    chance, problems = random.Random(f"bodies {seed}"), []
    asked = KNOWN + [(*near(chance), None) for _ in range(8000)]
    said = names.ask(driver, [{"place": text.decode("latin-1"), "pointer": pointer} for pointer, text, _ in asked], folder)
    good = 0
    for (pointer, text, wanted), mine in zip(asked, said):
        found = json_place.find(text, pointer)
        theirs = {"kind": found.kind, "start": found.start, "end": found.end, "text": found.text.encode("utf-8", "surrogatepass").decode("latin-1")}
        good += wanted is None and found.kind == STRING
        if mine != theirs or wanted not in (None, found.kind):
            problems.append((pointer, text, mine, theirs, wanted))
        if found.kind != NO_JSON:
            json.loads(text)
    return problems + ([f"only {good} are strings"] if good < 300 else [])


def body(chance: random.Random, made: dict) -> str:
    """As what is sent, in Latin-1: mostly with something at a place that a credential has."""
    slots = [one for one in made["credentials"] if "json" in one["inject"]]
    if not slots or chance.random() < 0.1:
        return near(chance)[1].decode("latin-1")
    one = chance.choice(slots)
    text = chance.choice([one.get("placeholder", "x"), "mine", "", "Bearer " + one.get("placeholder", "x"), 5, None, ["x"]])
    for token in reversed(one["inject"]["json"][1:].split("/")):
        text = {token.replace("~1", "/").replace("~0", "~"): text, "other": [1, "x"]}
    return json.dumps(text, indent=chance.choice((None, 2)), ensure_ascii=chance.random() < 0.5).encode().decode("latin-1")
