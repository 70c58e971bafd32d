"""Where the published schema takes text, found in the schema itself."""

import json
import re


class Leaf:
    """A place for text; path: keys, "[]" for a list's item, "{}" for a map's value, "{k}" its key."""

    def __init__(self, path, schema):
        self.path = path
        self.name = ".".join(path).replace(".[", "[").replace(".{", "{")
        self.pattern = schema.get("pattern")
        self.shortest = schema.get("minLength", 0)
        self.longest = schema.get("maxLength", 255)
        self.lines = self.name == "dotfiles{}.text"

    def container(self):
        """The list or map at the top in which this leaf can stand many times; None: it is one."""
        for i, part in enumerate(self.path):
            if part[0] in "[{":
                return ".".join(self.path[:i])
        return None

    def takes(self, text):
        """Whether a field of that pattern is said to take it; $ is the very end, as in ECMA-262."""
        return self.pattern is None or re.search(
            self.pattern[:-1] + r"\Z" if self.pattern.endswith("$") else self.pattern, text)


def leaves(schema, path=()):
    if schema.get("type") == "string":
        if "enum" not in schema:
            yield Leaf(path, schema)
    for key, value in schema.get("properties", {}).items():
        yield from leaves(value, path + (key,))
    if isinstance(schema.get("items"), dict):
        yield from leaves(schema["items"], path + ("[]",))
    if isinstance(schema.get("additionalProperties"), dict):
        yield Leaf(path + ("{k}",), schema["propertyNames"])
        yield from leaves(schema["additionalProperties"], path + ("{}",))


def load(file):
    with open(file, encoding="utf-8") as stream:
        return list(leaves(json.load(stream)))


def find(value, path):
    """(container, key or index) of the first place in value that has the path; None: it has none."""
    first, rest = path[0], path[1:]
    if first == "{k}":
        return next(((value, key) for key in value), None)
    keys = range(len(value)) if first == "[]" else list(value) if first == "{}" else [first]
    for key in keys:
        if isinstance(value, dict) and key not in value:
            continue
        if not rest:
            return value, key
        found = find(value[key], rest)
        if found:
            return found
    return None


def put(value, path, text):
    """Sets the leaf in value; the lists and objects on the way are made."""
    first, rest = path[0], path[1:]
    if first == "[]":
        value.append(text if not rest else {})
        first = -1
    if not rest:
        value[first] = text
        return
    if first != -1:
        value.setdefault(first, [] if rest[0] == "[]" else {})
    put(value[first], rest, text)
