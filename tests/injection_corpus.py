"""Text that some language takes for more than text, and how README.md must show it."""

import unicodedata

# Each is one line. `touch X` leaves a file X in the folder where a shell took it for a command.
HOSTILE = [
    "'", '"', "`", "''", "'';", '""', "\\", "\\\\", "trailing backslash\\", "\\'", '\\"', "\\`",
    "$", "$$", "$HOME", "${x}", "${x:-$(touch X)}", "$(touch X)", "`touch X`", "$((1+1))",
    "; touch X", "| touch X", "& touch X", "&& touch X #", "'; touch X; '", '"; touch X; "',
    "'\"; touch X; \"'", "\\'; touch X; \\'", "$'\\ntouch X\\n'", "!!", "!$", "~", "*", "?[a-z]", "{a,b}",
    "<(touch X)", "> X", "<<EOF", "#", "# a comment", "a #b", ";", "; a comment",
    "%", "%%", "%h %%", "%n%i%t", "%s%n%x", "@", "=", "a=b", "-", "--", "-rf", "--help", "---", "+", ":",
    "\\n", "\\r\\n", "\\x0a", "\\u000a", "\\0", "&#10;", "&#x0a;", "&amp;", "&lt;b&gt;", "&#124;",
    "*/", "/* c */", "//", "]]>", "<![CDATA[", "<!--", "-->", "<?php ?>", "<script>alert(1)</script>",
    "<b>", "</table>", "<img src=x onerror=y>", "<https://example.org>", "</string><string>",
    "|", "||", "a | b", "\\|", "\\\\|", "`|`", "`a|b", "|---|", "| --- | --- |", "[x](y)", "![x](y)",
    "[x]: /y", "[^1]", "[ ] x", "**b**", "__b__", "~~s~~", "_a_", "# h", "1. x", "- x", "> q", "===",
    "```", "```sh", "~~~", "`a` `b`", "``", "` `", "`` ` ``", "\\`a\\`", "`<b>`", "a`", "`a", "$x$",
    "www.example.org", "https://example.org/", "a@example.org", "@octocat", "#1", "GH-1", ":smile:",
    "d200e04d200e04", "http://[::1]/?a=b&c=d#e",
    "#{x}", "#{system('touch X')}", "{{name}}", "{{environment}}", "{% x %}", "${{ x }}", "<%= x %>",
    "true", "null", "0", "1e9", "{}", "[]", '{"a": 1}', '", "b": "', "}", "};", ")", "))", "(allow default)",
    "[user]", "include.path = x", "pass quick all", "ALL=(ALL) NOPASSWD: ALL", "ExecStart=/bin/sh",
    " leading", "trailing ", " both ", " ", "   ", "a  b",
    "\u202e desrever", "\u2066x\u2069", "\u200b", "zero\u200bwidth", "\u200d\ufeff\u00ad", "\u00a0",
    "\u2028", "\u2029", "\u3000", "\ue000", "\ufe0f", "\u3164\u115f", "\U000e0041", "\U000f0000",
    "\U0001f389", "\U0001f468\u200d\U0001f469", "\U0010fffd", "e\u0301", "a" + "\u0301" * 20, "\u00e9",
    "\u2018quoted\u2019", "\uff07", "\uff02", "\uff5c", "\u037e", "\u01c0", "\u2223", "\u0660", "\ufffd",
    "`" * 90 + "<script>[x](y)", "`" * 79 + "|" + "`" * 81 + "<b>",
]

# For texts of many lines only.
LINES = ["\n", "a\nb", "\n\n", "a\n", "\ttab\n", "EOF\ntouch X\n", "'\ntouch X\n'", '"\ntouch X\n"',
         "''\n}\n", "no line end", "*/\n]]>\n", "```\n</script>\n", "{{name}}\n%h ${x} ''${y}\n"]

# No field takes these; of many lines, all but the first two.
CONTROL = ["a\nb", "a\tb", "a\rb", "a\r\nb", "a\0b", "a\x1b[31mb", "a\x7fb", "a\x85b", "a\x08b",
           "a\ufffeb", "a\ufdd0b", "a\ud800b"]

# What fills a field up to its longest.
UNITS = ["x", "'", '"', "\\", "`", "|", "$(", "%", "<b>", "{{name}}", "\U0001f389", "\u202e", "*_", "[a]("]

# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt, and the braille blank.
UNSEEN = [(0xad, 0xad), (0x34f, 0x34f), (0x61c, 0x61c), (0x115f, 0x1160), (0x17b4, 0x17b5),
          (0x180b, 0x180f), (0x200b, 0x200f), (0x202a, 0x202e), (0x2060, 0x206f), (0x2800, 0x2800),
          (0x3164, 0x3164), (0xfe00, 0xfe0f), (0xfeff, 0xfeff), (0xffa0, 0xffa0), (0xfff0, 0xfff8),
          (0x1bca0, 0x1bca3), (0x1d173, 0x1d17a), (0xe0000, 0xe0fff)]
HOSTILE += ["".join(map(chr, range(first, last + 1))) for first, last in UNSEEN[:-1]]


def size(text):
    return len(text.encode("utf-8", "surrogatepass"))


def fill(unit, longest):
    return unit * (longest // size(unit))


def shown(text):
    """What cannot be seen stands in README.md by its number."""
    def show(c):
        unseen = any(first <= ord(c) <= last for first, last in UNSEEN)
        blank = c != " " and unicodedata.category(c) in ("Zs", "Zl", "Zp", "Co")
        return f"[U+{ord(c):04X}]" if unseen or blank or c == "\ufffd" else c
    return "".join(map(show, text))
