#!/bin/sh
# jansson takes one NUL byte that stands directly behind a number, true, false or null, and drops it: a
# text that is no JSON loads without an error. Anywhere else (behind a text, behind a blank, two of them,
# before a value, within a word) the same byte is an error, as RFC 8259 section 2 has it.
#
# Seen with libjansson4 2.14-2 (Debian 12), json_loadb, no flags:
#
#   [1\0]       [1]            [1.5\0]     [1.5]         [1\0,2]     [1, 2]
#   [true\0]    [true]         [null\0]    [null]        {"a":1\0}   {"a": 1}
#   ["a"\0]     error          [1\0\0]     error         [1 \0]      error
#   [\0 1]      error          [tr\0ue]    error         [1]\0       error
#
# Why: these four end at the first byte that is not theirs, which is put back; the buffer that it is put
# back into is a C string, where that byte reads as "empty", and the next one is fetched.
#
# Why it matters: a program that keeps the text and goes through it again by itself (to edit it in place,
# to say at which byte something stands, to hash what was understood) may rely on "jansson has taken
# it, so it is JSON", and meets a byte that its own scanner has no rule for, or ends at. Look for a NUL
# in the bytes first.
#
# Needs Debian 12, apt and python3. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q libjansson4=2.14-2 >/dev/null 2>&1 || {
    echo 'this version cannot be fetched: needs Debian 12' >&2
    exit 2
}
dpkg-deb -x libjansson4_*.deb root
cat >look.py <<'PYTHON'
import ctypes, glob, sys

jansson = ctypes.CDLL(glob.glob("root/usr/lib/*/libjansson.so.4")[0])
jansson.json_loadb.restype = ctypes.c_void_p
jansson.json_loadb.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p]
jansson.json_dumps.restype = ctypes.c_char_p
jansson.json_dumps.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

seen = {
    b"[1\0]": b"[1]", b"[1.5\0]": b"[1.5]", b"[1\0,2]": b"[1, 2]", b"[true\0]": b"[true]",
    b"[null\0]": b"[null]", b'{"a":1\0}': b'{"a": 1}',
    b'["a"\0]': None, b"[1\0\0]": None, b"[1 \0]": None, b"[\0 1]": None, b"[tr\0ue]": None,
    b"[1]\0": None,
}
wrong = 0
for text, wanted in seen.items():
    value = jansson.json_loadb(text, len(text), 0, None)
    got = jansson.json_dumps(value, 0) if value else None
    print(text, "->", got.decode() if got else "error")
    wrong |= got != wanted
sys.exit(wrong)
PYTHON
python3 look.py
