"""What the host has to know of a login: of sandbox.json where its tokens come from, checked again as all of that; of
logins.json, which is ours, how one of the known services is logged in to by hand, and what a program's own file looks like."""

import json
import os
import re

OWN = os.path.dirname(os.path.abspath(__file__))
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
URL = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!#-;=?-\[\]_a-z~%]*)?")
REDIRECT = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/[!-~]*)?|" + URL.pattern)
POINTER = re.compile(r"(/[!-~]+)+")
TEXT = re.compile(r"[!-~][ -~]{0,500}")


def read(reader):
    with open(f"{OWN}/logins.json", encoding="utf-8") as file:
        known = json.load(file)
    found = [one_of(reader, one, known) for one in reader.get("logins", list)]
    names = [one["name"] for one in found]
    return found if len(set(names)) == len(names) else reader.bad("logins", names)


def one_of(reader, one, known):
    if not isinstance(one, dict) or not is_text(one.get("name"), NAME):
        reader.bad("logins", one)
    tokens = one.get("token", [])
    good = isinstance(tokens, list) and all(is_token(token) for token in tokens) and all(
        is_flow(one[key]) for key in ("authorize", "device", "revoke") if key in one) and is_text(one.get("client", "-"), TEXT) and is_text(
            one.get("resource", "https://x"), URL) and is_text(one.get("scope", "-"), TEXT)
    if not good:
        reader.bad("logins", one)
    own = {key: one[key] for key in ("name", "token", "authorize", "device", "revoke", "resource", "scope", "client") if key in one}
    made = {**known.get(one["name"], {}), **own}
    for key in ("authorize", "device"):
        if key in made:
            made[key] = {"scope": "", "redirect": "http://localhost/callback", **made[key], "client": one.get("client", "")}
    return made


def is_text(value, pattern):
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def is_token(token):
    fields = token.get("fields") if isinstance(token, dict) else None
    return isinstance(fields, dict) and is_text(token.get("url"), URL) and token.get("body") in (None, "json", "form") and all(
        is_text(value, POINTER) for value in fields.values())


def is_flow(flow):
    return isinstance(flow, dict) and is_text(flow.get("url"), URL) and is_text(flow.get("scope", "-"), TEXT) and is_text(
        flow.get("redirect", "https://x"), REDIRECT) and is_map(flow.get("parameters", {}))


def is_map(values):
    return isinstance(values, dict) and all(is_text(one, TEXT) for pair in values.items() for one in pair)
