#!/usr/bin/env python3
"""The checks of tests/parse/home that need more than a shell. Exits 1 with what is wrong."""

import json
import re
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree

ELEMENTS = {
    "document", "heading", "paragraph", "text", "softbreak", "code", "code_block", "emph",
    "strong", "list", "item", "link", "table", "table_header", "table_row", "table_cell",
}
HEADINGS = {
    "What it may do", "Topology", "Rules", "MCP servers", "Network destinations", "Trusted authorities", "Local ports",
    "The company's proxy", "What may be granted", "Ssh", "Credentials", "Logins",
    "What looks like a secret and is none",
    "Projects", "Workspaces", "Hidden and protected files", "Relaxations", "Accepted findings", "Outside of the sandbox", "Environment",
    "Dotfiles", "Packages", "Limits", "Hosts", "Signatures", "Use",
    "What the proxy alters", "Enforcement matrix", "Linux", "macOS",
    "WSL, beside what holds on every Linux",
    "Hosts with home-manager alone", "Asked for, and not enforced",
}

NODE = r'\w+(?:\["[^"\[\]|`<>]+"\]|\(\["[^"\[\]|`<>]+"\]\)|\[\("[^"\[\]|`<>]+"\)\])'
MERMAID = re.compile(
    r"flowchart LR|end|" + NODE
    + r'|subgraph \w+\["[^"\[\]|`<>]+"\]'
    + r'|\w+ (?:---|-->)(?:\|"[^"\[\]|`<>]+"\|)? (?:\w+|' + NODE + ")"
)


def wrong(message):
    sys.exit(message)


def environment(sandbox, shell):
    """The shell's environment holds each variable of sandbox.json, byte for byte."""
    with open(sandbox, encoding="utf-8") as file:
        wanted = json.load(file).get("environment", {})
    with open(shell, "rb") as file:
        lines = file.read().decode().split("\0")
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    for name, value in wanted.items():
        if found.get(name) != value:
            wrong(f"{name} is {found.get(name)!r}, not {value!r}")


def data(path):
    with open(path, "rb") as file:
        content = file.read()
    if path.endswith(".json"):
        json.loads(content)
    elif path.endswith(".toml"):
        import tomllib  # from Python 3.11 on

        tomllib.loads(content.decode())
    else:
        import yaml  # only aider's settings are YAML

        yaml.safe_load(content)


def mermaid(block):
    depth = 0
    for line in block.splitlines():
        if not MERMAID.fullmatch(line.strip()):
            wrong(f"not of our Mermaid: {line!r}")
        depth += line.strip().startswith("subgraph ")
        depth -= line.strip() == "end"
    if depth != 0:
        wrong("Mermaid's subgraphs do not end")


def check_tables(root):
    for table in root.iter("table"):
        rows = [row for row in table if row.tag in ("table_header", "table_row")]
        widths = {len(row.findall("table_cell")) for row in rows}
        if len(widths) != 1 or len(rows) < 2:
            wrong(f"a table with rows of {sorted(widths)} cells")


def check_headings(root):
    first = True
    for heading in root.iter("heading"):
        words = "".join(heading.itertext()).strip()
        if not (first and words.startswith("The sandbox ")) and words not in HEADINGS:
            wrong(f"a heading that is not ours: {words!r}")
        first = False


def readme(path):
    """Only our own headings, links within the page, no HTML, tables without a column too many."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r'<!DOCTYPE[^>]*>| xmlns="[^"]*"', "", file.read())
    root = ElementTree.fromstring(text.encode())
    strange = {element.tag for element in root.iter()} - ELEMENTS
    if strange:
        wrong(f"elements that we never write: {sorted(strange)}")
    for link in root.iter("link"):
        if not link.get("destination", "").startswith("#"):
            wrong(f"a link to {link.get('destination')}")
    check_tables(root)
    check_headings(root)
    blocks = [block for block in root.iter("code_block") if block.get("info") == "mermaid"]
    if len(blocks) != 1:
        wrong(f"{len(blocks)} Mermaid diagrams")
    mermaid(blocks[0].text)


def visible(path):
    """Controls, formats, private use, odd blanks: categories Cc, Cf, Co, Zl, Zp, Zs."""
    with open(path, encoding="utf-8", newline="") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            for c in line:
                if c != " " and unicodedata.category(c) in ("Cc", "Cf", "Co", "Zl", "Zp", "Zs"):
                    wrong(f"line {number} holds U+{ord(c):04X}")


if __name__ == "__main__":
    CHECKS = {"environment": environment, "data": data, "readme": readme,
              "visible": visible}
    CHECKS[sys.argv[1]](*sys.argv[2:])
