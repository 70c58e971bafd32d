#!/usr/bin/env python3
"""A commit as the cache keeps it, of trees that no git writes; prints its id.

    tests/update_kept.py KIND FOLDER URL      writes the file that FOLDER would have of that URL"""

import hashlib
import pathlib
import sys

kind, folder, url = sys.argv[1:]


def named(word, data):
    whole = word + b" %d\0" % len(data) + data
    return whole, hashlib.sha1(whole).digest()


def tree(*entries):
    """Of (mode, name, bytes of what stands there, its id): (all the bytes, id)"""
    own, name = named(b"tree", b"".join(mode + b" " + what + b"\0" + of for mode, what, _, of in entries))
    return own + b"".join(below for _, _, below, _ in entries), name


def blob(name=b"base.json", data=b"{}", mode=b"100644"):
    return mode, name, *named(b"blob", data)


def below(name, inner, mode=b"40000"):
    return mode, name, *inner


deep = tree(blob())
for _ in range(70):
    deep = tree(below(b"d", deep))
trees = {
    "good": tree(blob(), below(b"d", tree(blob(b"x")))),
    "twice": tree(blob(), blob()),
    "both": tree(blob(), below(b"base.json", tree(blob()))),
    "slash": tree(blob(b"../base.json"), blob()),
    "dots": tree(blob(b".."), blob()),
    "dot": tree(blob(b"."), blob()),
    "nameless": tree(blob(b""), blob()),
    "device": tree(blob(), blob(b"device", b"", b"060000")),
    "zeros": tree(blob(), blob(b"x", b"", b"0100644")),
    "deep": tree(blob(), below(b"d", deep)),
    "many": tree(*(blob(b"%d" % i, b"") for i in range(21000))),
    "cut": tree(blob()),
    "liar": tree(blob()),
    "more": tree(blob()),
}
below_it, root = trees[kind]
commit, rev = named(b"commit", b"tree " + root.hex().encode() + b"\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n")
text = commit + below_it
if kind == "cut":
    text = text[:-1]
elif kind == "liar":
    text = text.replace(b"blob 2\0{}", b"blob 2\0[]")
elif kind == "more":
    text += named(b"blob", b"x")[0]
pathlib.Path(folder, f"{rev.hex()}-{hashlib.sha256(url.encode()).hexdigest()[:16]}").write_bytes(text)
print(rev.hex())
