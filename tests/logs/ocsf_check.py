"""An event against OCSF's own schema, read from the folder of its repository (github.com/ocsf/ocsf-schema): classes with what
they extend, include and take from profiles; types, ranges, what is required, and which numbers an attribute may be."""

from __future__ import annotations

import functools
import json
import pathlib
import re

PRIMITIVE = {"string_t": str, "integer_t": int, "long_t": int, "float_t": float, "boolean_t": bool}


class Schema:
    def __init__(self, folder: str) -> None:
        self.folder = pathlib.Path(folder)
        dictionary = self._read("dictionary.json")
        self.attributes, self.types = dictionary["attributes"], dictionary["types"]["attributes"]
        self.version = self._read("version.json")["version"]
        self.categories = self._read("categories.json")["attributes"]
        self.found = {kind: self._by_name(kind) for kind in ("events", "objects", "profiles")}

    def _read(self, path: str) -> dict:
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    def _by_name(self, kind: str) -> dict[str, dict]:
        every = [json.loads(path.read_text(encoding="utf-8")) for path in (self.folder / kind).rglob("*.json")]
        return {one["name"]: one for one in every}

    @functools.lru_cache(None)
    def whole(self, kind: str, name: str) -> dict:
        """With what it extends, and what it includes."""
        own = self.found[kind][name]
        base = self.whole(kind, own["extends"]) if own.get("extends") in self.found[kind] else {"attributes": {}, "constraints": {}}
        attributes = {key: dict(one) for key, one in base["attributes"].items()}
        includes = own["attributes"].get("$include", [])
        for path in [includes] if isinstance(includes, str) else includes:
            included = self._read(path)
            for key, one in included["attributes"].items():
                if not key.startswith("$"):
                    attributes[key] = {**one, "profile": included["name"]}
        for key, one in own["attributes"].items():
            if not key.startswith("$"):
                enum = {**attributes.get(key, {}).get("enum", {}), **one.get("enum", {})}
                attributes[key] = {**attributes.get(key, {}), **one, **({"enum": enum} if enum else {})}
        return {**base, **own, "attributes": attributes, "category": own.get("category") or base.get("category"),
                "constraints": own.get("constraints") or base.get("constraints") or {}}

    def problems(self, event: dict) -> list[str]:
        classes = [name for name, one in self.found["events"].items()
                   if ("uid" in one or name == "base_event") and self._uid(name) == event.get("class_uid")]
        if len(classes) != 1:
            return [f"class_uid {event.get('class_uid')!r}: {classes}"]
        found = list(self._of("", self.whole("events", classes[0]), event, event.get("metadata", {}).get("profiles", [])))
        if event["category_uid"] != event["class_uid"] // 1000:
            found.append("category_uid")
        if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
            found.append("type_uid")
        if event["metadata"]["version"] != self.version:
            found.append("metadata.version")
        return found

    def _uid(self, name: str) -> int:
        category = self.whole("events", name).get("category")
        return self.categories.get(category, {"uid": 0})["uid"] * 1000 + self.found["events"][name].get("uid", 0)

    def _of(self, at: str, known: dict, value: dict, profiles: list[str]):
        attributes = known["attributes"]
        for key, one in attributes.items():
            ours = one.get("profile") is None or one["profile"] in profiles
            if one.get("requirement") == "required" and ours and key not in value:
                yield f"{at}{key} is required"
        if not any(one in value for one in known["constraints"].get("at_least_one", value or [None])):
            yield f"{at}: at least one of {known['constraints']['at_least_one']}"
        for key, one in value.items():
            if key not in attributes:
                yield f"{at}{key} is not known"
            elif attributes[key].get("profile") not in (None, *profiles):
                yield f"{at}{key} is of the profile {attributes[key]['profile']}"
            else:
                yield from self._attribute(f"{at}{key}", key, attributes[key], one, profiles)

    def _attribute(self, at: str, key: str, attribute: dict, value, profiles: list[str]):
        general = self.attributes[key]
        if general.get("is_array"):
            if not isinstance(value, list):
                yield f"{at} is no list"
                return
            for one in value:
                yield from self._one(f"{at}[]", general, attribute, one, profiles)
        else:
            yield from self._one(at, general, attribute, value, profiles)

    def _one(self, at: str, general: dict, attribute: dict, value, profiles: list[str]):
        kind = general["type"]
        if kind in self.found["objects"]:
            if not isinstance(value, dict):
                yield f"{at} is no object"
            elif kind != "object":  # of which anything may be a member
                yield from self._of(f"{at}.", self.whole("objects", kind), value, profiles)
            return
        enum = {**general.get("enum", {}), **attribute.get("enum", {})}
        if enum and str(value) not in enum and at not in ("class_uid", "category_uid", "type_uid"):  # problems() knows these
            yield f"{at} is {value!r}"
        yield from self._type(at, kind, value)

    def _type(self, at: str, kind: str, value):
        known = self.types[kind]
        base = known.get("type", kind)
        while base not in PRIMITIVE:
            base = self.types[base]["type"]
        if type(value) is not PRIMITIVE[base]:
            yield f"{at} is {value!r}, no {kind}"
            return
        low, high = known.get("range", (-1 << 63, (1 << 63) - 1) if base == "long_t" else (-1 << 31, (1 << 31) - 1))
        if base in ("integer_t", "long_t") and not low <= value <= high:
            yield f"{at} is {value}"
        if "regex" in known and not re.fullmatch(known["regex"], value) or len(str(value)) > known.get("max_len", 1 << 20):
            yield f"{at} is {value!r}: {kind}"
