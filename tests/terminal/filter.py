#!/usr/bin/python3 -SB
"""tests/terminal/filter.py: what a session prints, through agent-sandbox-terminal. Each row of its table is tried; what comes
out of hostile bytes is read by a grammar that is written here anew, and by pyte, a terminal of somebody else's."""

import os
import random
import re
import subprocess
import sys

sys.path.insert(0, "/usr/lib/python3/dist-packages")
import pyte  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("TERMINAL_PROGRAM", f"{ROOT}/build/agent-sandbox-terminal")
passed = failed = 0


def check(name, holds, why=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'ok' if holds else 'FAILED'}: {name}" + (f": {why}" if not holds else ""), flush=True)


def equal(name, got, wanted):
    check(name, got == wanted, f"{got!r}, not {wanted!r}")


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


def filtered(data, *words):
    done = subprocess.run([PROGRAM, *words, "--pipe"], input=data, stdout=subprocess.PIPE, check=True, timeout=60)
    return done.stdout


def shown(data, *words):
    """Without what puts the terminal back: that is told by a mark, which comes behind all that the data made."""
    return filtered(data + b"\x18<mark>", *words).partition(b"<mark>")[0]


# What may come out. Each stands for itself alone, from the documents that the table names.
MODES = "1|5|6|7|9|12|25|47|66|100[0-7]|1015|1016|1047|1048|1049|2004|2026|2027"
N = "[0-9]{0,4}"
TEXT = "(?:[ -~\u00a0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\U000dffff\U000e0080-\U0010ffff])"
ALLOWED = re.compile("|".join((
    f"{TEXT}+", "[\a\b\t\n\v\f\r\x0e\x0f]", "\x1b[78=>DEMHc]", "\x1b[()][0AB]",
    rf"\x1b\[{N}[@A-GIJKLMPSTXZ`abdeg]", rf"\x1b\[(?:{N};)?{N}[Hfr]", r"\x1b\[4[hl]", rf"\x1b\[(?:{N}[;:])*{N}m", r"\x1b\[[su]",
    r"\x1b\[!p", rf"\x1b\[{N} q", r"\x1b\[>4(?:;[012]?)?m", rf"\x1b\[[><]{N}u", rf"\x1b\[={N}(?:;{N})?u",
    rf"\x1b\[\?(?:{MODES})(?:;(?:{MODES}))*[hl]", r"\x1b\[2[23](?:;[012]?)?t",
    rf"\x1b\][012];{TEXT}{{0,240}}(?:\a|\x1b\\)",
    r"\x1b\]8;(?:id=[!-9<>-~]{1,247})?;https?://[^/?#\\@;][!-Z\[\]-~]*(?:\a|\x1b\\)", r"\x1b\]8;;(?:\a|\x1b\\)")))


def forbidden(data):
    """The first bytes that are none of it; None."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data[error.start:error.start + 20]
    at = 0
    while at < len(text):
        found = ALLOWED.match(text, at)
        if not found or found.end() == at:
            return text[at:at + 40]
        at = found.end()
    return None


class Watched(pyte.Screen):
    """What it would type."""

    typed = ""

    def write_process_input(self, data):
        self.typed += data


def screen_of(data, columns=80, lines=24):
    """pyte itself falls over some of what may be, which is its matter."""
    screen = Watched(columns, lines)
    stream = pyte.ByteStream(screen)
    for at in range(0, len(data), 16):
        try:
            stream.feed(data[at:at + 16])
        except Exception:  # noqa: BLE001
            stream = pyte.ByteStream(screen)
    return screen


def unescaped(text):
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), text)


def test_table():
    said = subprocess.run([PROGRAM, "--table"], stdout=subprocess.PIPE, check=True).stdout
    rows = [line.split(b"\t") for line in said.splitlines()]
    check("the table has its rows", len(rows) > 100 and all(len(row) == 5 and all(row) for row in rows))
    check("  and none of them twice", len({row[2] for row in rows}) == len(rows))
    for decision, kind, example, what, _ in rows:
        name, data, out = f"{kind.decode()}: {what.decode()}", unescaped(example), shown(unescaped(example))
        if decision == b"shown":
            check(f"{name} is shown", out.endswith(data) and forbidden(out) is None, repr(out))
        else:
            equal(f"{name} is dropped", out, b"")
        if decision == b"clipboard":
            equal("  and is shown with --clipboard", shown(data, "--clipboard"), data)


LINK = b"\x1b]8;;https://example.com/\a"
CORPUS = (
    ("text", b"plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", None),
    ("a byte that is no UTF-8", b"a\xffb", "a\ufffdb".encode()),
    ("a C1 control as a byte", b"a\x9b31mb", "a\ufffd31mb".encode()),
    ("the same in UTF-8", b"a\xc2\x9b6nb", b"a6nb"),
    ("what is longer than it need be", b"\xc0\x9b\xe0\x82\x9b", ("\ufffd" * 5).encode()),
    ("a half of a pair", b"\xed\xa0\x80", ("\ufffd" * 3).encode()),
    ("beyond Unicode", b"\xf4\x90\x80\x80", ("\ufffd" * 4).encode()),
    ("a character that ends early", b"\xe2\x82a", "\ufffda".encode()),
    ("another order of text", "a\u202eb\u2066c\u2069d".encode(), b"abcd"),
    ("marks of order in text", "\u05d0\u200f!\u200e".encode(), None),
    ("unseen text", "a\U000e0041b".encode(), b"ab"),
    ("DEL, NUL and the flow of the line", b"a\x7f\x00\x11\x13b", b"ab"),
    ("parameters that are none", b"\x1b[1\"2mx", b"x"),
    ("too many of them", b"\x1b[" + b"1;" * 40 + b"mx", b"x"),
    ("a number that is too large", b"\x1b[99999999999999999999Bx", b"\x1b[9999Bx"),
    ("one that is left out", b"\x1b[;5H", None),
    ("a control in a sequence", b"\x1b[3\n1mx", b"\n\x1b[31mx"),
    ("a sequence that is given up", b"\x1b[31\x18mx", b"mx"),
    ("one that begins in another", b"\x1b[3\x1b[32mx", b"\x1b[32mx"),
    ("a character in a sequence", b"\x1b[3\xc3\xa4x", "äx".encode()),
    ("modes of which one may be", b"\x1b[?25;3;2048;1004l", b"\x1b[?25;1004l"),
    ("modes of which none may be", b"\x1b[?3;40;2031h", b""),
    ("a sub-parameter in a mode", b"\x1b[?25:1004h", b""),
    ("IRM alone of ANSI's modes", b"\x1b[2h\x1b[12h\x1b[20h\x1b[4;20h", b""),
    ("a window that is moved", b"\x1b[3;0;0t\x1b[8;9;9t\x1b[14t\x1b[18t\x1b[21t\x1b[19;2t", b""),
    ("a title that was never kept", b"\x1b[23;0t", b""),
    ("the mouse's old tracking", b"\x1b[1;2;3;4;5T", b""),
    ("the keyboard of somebody else", b"\x1b[<5u", b""),
    ("a stack that has no end", b"\x1b[>1u" * 20, b"\x1b[>1u" * 8),
    ("resources of keys but 4", b"\x1b[>1;2m\x1b[>2;1m\x1b[>4;3mx", b"x"),
    ("a title with controls", b"\x1b]2;a\nb\x01c\xc2\x9bd\xff\xe2\x80\xaee\a", b"\x1b[22;0t\x1b]2;abcde\a"),
    ("a long title", b"\x1b]2;" + b"x" * 5000 + b"\x1b\\", b"\x1b[22;0t\x1b]2;" + b"x" * 240 + b"\x1b\\"),
    ("a title that ends in half a character", b"\x1b]2;" + b"x" * 239 + "ä".encode() + b"\a",
     b"\x1b[22;0t\x1b]2;" + b"x" * 239 + b"\a"),
    ("a title without an end", b"\x1b]2;x\x1b[31my", b"\x1b[31my"),
    ("a command without a number", b"\x1b];x\a\x1b]\a\x1b]l\ax", b"x"),
    ("a number with a zero before it", b"\x1b]02;x\a\x1b]052;c;aGk=\ax", b"x"),
    ("what Linux's console takes for whole", b"\x1b]Rx\x1b]P1234567y\x1b]P12\ax", b"xyx"),
    ("a link", LINK + b"x\x1b]8;;\a", None),
    ("a link with an id", b"\x1b]8;id=a1;http://example.com\x1b\\", None),
    ("a link with more", b"\x1b]8;id=a1:x=y;http://example.com\a", b"\x1b]8;;http://example.com\a"),
    ("a link elsewhere", b"\x1b]8;;file:///etc/passwd\ax\x1b]8;;ssh://x\a\x1b]8;;javascript:1\a\x1b]8;;HTTP://x\a", b"x"),
    ("a link with a name in it", b"\x1b]8;;https://bank.example@evil.example/\ax", b"x"),
    ("a link with an @ behind the host", b"\x1b]8;;https://example.com/@x\a", None),
    ("a link with a blank, a control, a letter", b"\x1b]8;;http://x/ y\a\x1b]8;;http://x/\x01\a\x1b]8;;http://\xc3\xa4\a", b""),
    ("a link without a host", b"\x1b]8;;http:///x\a\x1b]8;;https://\a\x1b]8;;http://?x\a", b""),
    ("a link of 2,084 bytes", b"\x1b]8;;http://" + b"x" * 2077 + b"\a", b""),
    ("a bad link behind a good one ends it", LINK + b"x\x1b]8;;file:///x\ay", LINK + b"x\x1b]8;;\ay"),
    ("the clipboard, asked for", b"\x1b]52;c;?\a\x1b]52;p;?\x1b\\", b""),
    ("DECRQSS, XTGETTCAP, sixels, tmux's way through", b"\x1bP$qm\x1b\\\x1bP+q544e\x1b\\\x1bPq#0\x1b\\\x1bPtmux;\x1b\x1b]52;c;aGk=\a\x1b\\x", b"x"),
    ("a string that ends in another sequence", b"\x1bPabc\x1b[31mx", b"\x1b[31mx"),
    ("a picture's file", b"\x1b_Gt=f,a=T;L2V0Yy9wYXNzd2Q=\x1b\\x", b"x"),
    ("colours that are set", b"\x1b]10;#000\a\x1b]11;rgb:0/0/0\a\x1b]11;?;?\a\x1b]110\ax", b"x"),
    ("charsets that are none", b"\x1b(C\x1b*0\x1b-A\x1b%Gx", b"x"),
    ("ESC before what is no sequence", b"\x1b\xc3\xa4\x1b\x1b[31m", "ä".encode() + b"\x1b[31m"),
)
COPIED = (
    ("text", b"c", b"aGk=", True), ("no place", b"", b"aGk=", True), ("the selection", b"p", b"aGk=", True),
    ("a question", b"c", b"?", False), ("nothing", b"c", b"", False), ("no base64", b"c", b"a!k=", False),
    ("padding in the middle", b"c", b"aG=kaGk=", False), ("a length that is none", b"c", b"aGkaa", False),
    ("lines and tabs", b"c", b"YQliCg0=", True), ("ESC", b"c", b"YRtb", False), ("DEL", b"c", b"f2Fi", False),
    ("100,000 bytes", b"c", b"YWFh" * 33333, True), ("100,002 bytes", b"c", b"YWFh" * 33334, False),
)


def test_corpus():
    for name, data, wanted in CORPUS:
        equal(name, shown(data), data if wanted is None else wanted)
    for name, where, data, may in COPIED:
        out = shown(b"\x1b]52;" + where + b";" + data + b"\a", "--clipboard")
        check(f"clipboard: {name} is {'written' if may else 'dropped'}", out == (b"\x1b]52;c;" + data + b"\a" if may else b""), repr(out[:60]))


LEFT = (
    ("colours", b"\x1b[31m", b"\x1b[m"), ("colours that are over", b"\x1b[31mx\x1b[0m", b""),
    ("the cursor", b"\x1b[?25l", b"\x1b[?25h"), ("its shape", b"\x1b[5 q", b"\x1b[0 q"),
    ("the other screen", b"\x1b[?1049h", b"\x1b[?1049l"), ("the other screen, left", b"\x1b[?1049h\x1b[?1049l", b""),
    ("the mouse", b"\x1b[?1000;1006h", b"\x1b[?1000l\x1b[?1006l"), ("pasting", b"\x1b[?2004h", b"\x1b[?2004l"),
    ("lines that end", b"\x1b[?7l", b"\x1b[?7h"), ("the region", b"\x1b[2;3r", b"\x1b7\x1b[r\x1b8"),
    ("a charset", b"\x1b(0", b"\x1b(B\x1b)B\x0f"), ("the keypad", b"\x1b=", b"\x1b>"), ("insertion", b"\x1b[4h", b"\x1b[4l"),
    ("a title", b"\x1b]2;x\a", b"\x1b[23;0t"), ("a title's stack", b"\x1b[22;2t" * 2, b"\x1b[23;0t" * 2),
    ("a link", LINK, b"\x1b]8;;\x1b\\"), ("keys without a code", b"\x1b[>4;2m", b"\x1b[>4m"),
    ("keys told apart", b"\x1b[>1u\x1b[>3u", b"\x1b[<2u"), ("keys told apart at once", b"\x1b[=1u", b"\x1b[=0;1u"),
    ("keys of both screens", b"\x1b[>1u\x1b[?1049h\x1b[>1u", b"\x1b[<1u\x1b[?1049l\x1b[<1u"),
    ("half a sequence", b"\x1b[3", b""), ("half a title", b"\x1b]2;x", b""), ("plain text", b"x\r\n", b""),
)


def test_left():
    for name, data, wanted in LEFT:
        out = filtered(data)
        if name.startswith(("half",)):
            equal(f"left: {name}", out, wanted)
            continue
        equal(f"left: {name}", out[len(shown(data)):], wanted)


WORDS = [b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x1b\\", b"\a", b"\x18", b"\x9b", b"\x9d", b"\x90", b"\xc2\x9b",
         b"\xc2\x9d", b"\xe2\x80", b"\xae", b"6n", b"c", b">c", b"=c", b"5i", b"$p", b"?2026$p", b"52;c;aGk=", b"52;c;?", b"8;;http://x", b"8;;file:///x",
         b"2;title", b"21t", b"22;0t", b"23t", b"$qm", b"+q544e", b"10;?", b"11;?", b"4;1;?", b"?1049h", b"?1049l", b"?1000h", b"m", b"38;5;1m", b";", b"0",
         b"9", b"?", b">", b"<", b"=", b" q", b"!p", b"H", b"J", b"x", b"hello", b"\n", b"\r", b"\x05", b"\x0e", b"(0", b"*y", b"?1$p", b"k", b"R", b"P1",
         b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xff", b"Z", b"1337;", b"\\", b"'", b"0n", b"?6n", b"x", b"?996n", b">q"]


def test_hostile(count=60):
    """Each of them long; the seeds are fixed."""
    bad, typed, raw, titles = None, "", "", set()
    for seed in range(count):
        chosen = random.Random(seed)
        data = b"".join(chosen.choice(WORDS) for _ in range(3000))
        out = filtered(data)
        bad = bad or forbidden(out)
        seen, before = screen_of(out), screen_of(data).typed
        typed, raw = typed + seen.typed, raw + before
        titles.add(seen.title)
    equal("hostile bytes: what comes out is allowed", bad, None)
    equal("  and pyte would type nothing", typed, "")
    check("  as it would without the filter", len(raw) > 100, repr(raw))
    check("  and its titles are text", all(title.isprintable() and len(title) <= 240 for title in titles) and len(titles) > 1)


def test_pieces():
    """One write a byte, through a pipe."""
    data = b"".join(data for _, data, _ in CORPUS if len(data) < 200)
    process = subprocess.Popen([PROGRAM, "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    for byte in data:
        process.stdin.write(bytes([byte]))
    equal("in pieces of one byte, the same", process.communicate()[0], filtered(data))
    big = b"x" * 100 + b"\x1b[31m" + "ä".encode() * 50 + b"\x1b]2;t\a"
    equal("across the buffers, the same", shown(big * 3000).count("ä".encode()), 150000)


MISUSED = (
    ((), "agent-sandbox-terminal: which command?"), (("--",), "agent-sandbox-terminal: which command?"),
    (("--user", "x", "true"), "agent-sandbox-terminal: --user needs UID:GID, two numbers that are not root's"),
    (("--user", "1000", "true"), "agent-sandbox-terminal: --user needs UID:GID, two numbers that are not root's"),
    (("--user", "0:1000", "true"), "agent-sandbox-terminal: --user needs UID:GID, two numbers that are not root's"),
    (("--user", "1000:0", "true"), "agent-sandbox-terminal: --user needs UID:GID, two numbers that are not root's"),
    (("--user", "1000:4294967295", "true"), "agent-sandbox-terminal: --user needs UID:GID, two numbers that are not root's"),
    (("--user", "-1:5", "true"), "agent-sandbox-terminal: --user needs UID:GID, two numbers that are not root's"),
    (("--events", "1", "true"), "agent-sandbox-terminal: --events needs the number of an open descriptor above 2"),
    (("--events", "99", "true"), "agent-sandbox-terminal: --events needs the number of an open descriptor above 2"),
    (("--events", "3x", "true"), "agent-sandbox-terminal: --events needs the number of an open descriptor above 2"),
    (("--pipe", "true"), "agent-sandbox-terminal: --pipe takes neither a command nor --events"),
)


def test_misused():
    for words, wanted in MISUSED:
        done = subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        equal(f"misused: {' '.join(words)}", (done.returncode, done.stdout, done.stderr.decode()),
              (2, b"", wanted + "\ntry 'agent-sandbox-terminal --help'\n"))
    done = subprocess.run([PROGRAM, "true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    equal("without a terminal", (done.returncode, done.stderr), (1, b"agent-sandbox-terminal: standard input and output must be a terminal\n"))
    for option in ("--help", "--version"):
        done = subprocess.run([PROGRAM, option], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        check(f"{option} is told", done.returncode == 0 and done.stdout.startswith((b"usage: agent-sandbox-terminal", b"agent-sandbox-terminal 0")) and not done.stderr)


if __name__ == "__main__":
    test_misused()
    test_table()
    test_corpus()
    test_left()
    test_pieces()
    test_hostile()
    finish()
