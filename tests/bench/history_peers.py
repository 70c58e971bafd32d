"""The same files for what a user would take instead: each text that stands in the resolved spec is a
hole, escaped by the engine's own means where a JSON or XML file asks for it, and the rest is fixed.
What an engine would have to decide is decided already, so all of them are lower bounds. Files without
a hole are copied, or read as they are."""

from __future__ import annotations

import json
import pathlib
import re

import history_world as world

SHORT = 4
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from leaves(one, (*path, at))
    elif isinstance(value, str) and len(value) >= SHORT:
        yield value, path


class Peers:
    def __init__(self, folder: pathlib.Path, spec: pathlib.Path, files) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "spec.json").write_bytes(spec.read_bytes())
        self.places = {}
        for text, path in leaves(json.loads(spec.read_text())):
            self.places.setdefault(text, path)
        longest = sorted(self.places, key=len, reverse=True)
        self.holes = re.compile("|".join(map(re.escape, longest)))
        self.filled = []
        shipped = {path.read_bytes() for path in (world.ROOT / "modules").rglob("*")
                   if path.is_file()}
        for mode, name, data in files:
            parts = [] if data in shipped else list(self.parts(name, data.decode()))
            if len(parts) < 2:
                self.write("shipped/" + name, data.decode(), mode)
            else:
                self.filled.append((mode, name, parts))
        self.folders = sorted({str(pathlib.PurePath(name).parent) for _, name, _ in self.filled})
        self.write("folders", "\n".join(self.folders) + "\n")
        self.write("executables", "".join(f"{name}\n" for mode, name, _ in self.filled
                                          if mode == "100755"))
        self.jinja2()
        self.jsonnet()
        self.nix(files)
        self.ansible()

    def write(self, name: str, text: str, mode: str = "100644") -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if mode == "100755" else 0o644)

    def parts(self, name: str, text: str):
        """(text, None, None), and (None, a place in the spec, the escaping), in turns."""
        if name.endswith(".json"):
            escaping, holes = "json", [
                (one, self.places.get(json.loads(one.group()))) for one in JSON_STRING.finditer(text)]
        else:
            escaping = "xml" if name.endswith(".plist") else None
            holes = [(one, self.places[one.group()]) for one in self.holes.finditer(text)]
        at = 0
        for hole, place in holes:
            if place is not None:
                yield text[at:hole.start()], None, None
                yield None, place, escaping
                at = hole.end()
        yield text[at:], None, None

    @staticmethod
    def place(path) -> str:
        return "spec" + "".join(f"[{json.dumps(step)}]" for step in path)

    def jinja2(self) -> None:
        filters = {"json": " | to_json(ensure_ascii=False)", "xml": " | e", None: ""}

        def part(text, path, escaping):
            if path is not None:
                return "{{ " + self.place(path) + filters[escaping] + " }}"
            return "{% raw %}" + text + "{% endraw %}" if re.search("{[{%#]", text) else text
        for mode, name, parts in self.filled:
            self.write("templates/" + name, "".join(part(*one) for one in parts), mode)

    def jsonnet(self) -> None:
        escape = {"json": "std.escapeStringJson(%s)", "xml": "xml(%s)", None: "%s"}
        lines = ["local spec = import 'spec.json';",
                 "local xml(text) = std.strReplace(std.strReplace(text, '&', '&amp;'), '<', '&lt;');",
                 "{"]
        for _, name, parts in self.filled:
            # It ends each file with a line's end of its own.
            (*most, (end, _, _)) = parts
            whole = [*most, (end.removesuffix("\n"), None, None)]
            lines.append(f"  {json.dumps(name)}: " + " + ".join(
                json.dumps(text) if path is None else escape[how] % self.place(path)
                for text, path, how in whole) + ",")
        self.write("main.jsonnet", "\n".join([*lines, "}", ""]))

    def nix(self, files) -> None:
        """A flake, because that is what reads a spec in Nix's world."""
        def literal(text):
            return '"' + re.sub(r'(["\\]|\$(?={))', r"\\\1", text) + '"'

        def place(path):
            found = "spec"
            for step in path:
                found = (f"(builtins.elemAt {found} {step})" if isinstance(step, int)
                         else f"{found}.{literal(step)}")
            return found
        escape = {"json": "builtins.toJSON %s", "xml": "%s", None: "%s"}
        filled = {name: parts for _, name, parts in self.filled}
        lines = ["{ outputs = { self }: let spec = builtins.fromJSON (builtins.readFile ./spec.json);",
                 "  in { name = spec.name; files = {"]
        for _, name, _ in files:
            if name in filled:
                value = " + ".join(literal(text) if path is None else escape[how] % place(path)
                                   for text, path, how in filled[name])
            else:
                value = "builtins.readFile ./" + "shipped/" + name
            lines.append(f"    {literal(name)} = {value};")
        self.write("flake/flake.nix", "\n".join([*lines, "  }; }; }", ""]))
        (self.folder / "flake" / "spec.json").write_bytes((self.folder / "spec.json").read_bytes())
        for path in sorted((self.folder / "shipped").rglob("*")):
            if path.is_file():
                self.write(f"flake/{path.relative_to(self.folder)}", path.read_text())

    def ansible(self) -> None:
        tasks = [{"include_vars": {"file": str(self.folder / "spec.json"), "name": "spec"}},
                 {"copy": {"src": f"{self.folder}/shipped/", "dest": "{{ folder }}/",
                           "mode": "preserve"}}]
        tasks.append({"file": {"path": "{{ folder }}/{{ item }}", "state": "directory"},
                      "loop": self.folders})
        tasks += [{"template": {"src": str(self.folder / "templates" / name),
                                "dest": "{{ folder }}/" + name, "trim_blocks": False,
                                "mode": "0755" if mode == "100755" else "0644"}}
                  for mode, name, _ in self.filled]
        tasks.append({"command": {"cmd": "{{ commit }}", "chdir": "{{ folder }}"}})
        self.write("playbook.yml", json.dumps([{
            "hosts": "localhost", "gather_facts": False, "tasks": tasks}], indent=1))


def fast_import_stream(path: pathlib.Path, sandboxes) -> None:
    """One commit with every file of every sandbox; sandboxes: (folder, files)."""
    with path.open("wb") as out:
        out.write(b"commit refs/heads/main\ncommitter bench <bench@localhost> 1790000000 +0000\n"
                  b"data 16\nCreate sandboxes\n")
        for folder, files in sandboxes:
            for mode, name, data in files:
                out.write(f"M {mode} inline {folder}/{name}\ndata {len(data)}\n".encode())
                out.write(data + b"\n")
