"""What may be chosen of a thing that was refused: the same words for who shows them and for who does it, so that nobody gets
more than what was shown. Of what the agent chose nothing reaches a terminal but plain letters, and not too many."""

import grants

LONGEST = 400
HOUR = 3600
# Letter, name, and words; in the order of the screen.
SPANS = (("o", "once", "once"), ("s", "session", "this session"), ("h", "hour", "1 h"), ("u", "until", "until a day"),
         ("a", "always", "always"), ("n", "never", "never"), ("x", "no", "not now"))


def clean(text, most=LONGEST):
    text = "".join(c if " " <= c <= "~" else "?" for c in str(text)[: most + 1])
    return text if len(text) <= most else f"{text[:most - 3]}..."


def scopes(rule):
    """A rule each, the narrowest first: this path, what is below each folder above it, the whole host."""
    path = rule["paths"][0]
    found, above = [path], path
    while above.count("/") > 1:
        above = above.rsplit("/", 1)[0]
        found.append(f"{above}/**")
    found.append("/**")
    return [{**rule, "paths": [one]} for one in dict.fromkeys(found)]


def says(rule):
    """Cut nowhere: a grant whose words do not fit is not to be made by looking at half of them."""
    return "".join(c if " " <= c <= "~" else "?" for c in grants.what(rule))


def rule_of(missing):
    """What a question or a refusal calls missing, as far as a grant can be one; None where it cannot."""
    if not isinstance(missing, dict) or not isinstance(missing.get("host"), str):
        return None
    rule = {key: missing[key] for key in ("host", "scheme", "methods", "paths", "ports", "query", "websocket") if key in missing}
    rule.setdefault("methods", ["GET"])
    rule.setdefault("paths", ["/"])
    good = all(isinstance(rule[key], list) and len(rule[key]) == 1 and isinstance(rule[key][0], str) for key in ("methods", "paths"))
    good = good and rule.get("scheme", "https") in ("https", "http") and rule["paths"][0].startswith("/") and "*" not in rule["host"]
    good = good and all(type(port) is int for port in rule.get("ports", []))
    return rule if good and grants.is_one({**rule, "id": "g00000000", "owner": ""}) else None
