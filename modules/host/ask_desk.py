"""What ask shows and does, as root: the questions of the running proxy, what its log says was refused, and the answers. The
screen is another process, without rights: all that it says is looked at again here."""

import json
import time

import choices
import grant_verbs
import grants
import logs
from say import Failed, Refused

MOST, LINES = 10000, 20000  # of the log
QUESTIONS = 1000  # the proxy has 256


def is_settled(rule, by_host):
    path = rule["paths"][0]
    return any(rule["methods"][0] in one["methods"] and any(
        path == pattern or pattern.endswith("/**") and path.startswith(pattern[:-2]) for pattern in one["paths"])
        for one in by_host.get(rule["host"], ()))


class Desk:
    def __init__(self, command, by):
        self.command, self.box, self.by = command, command.sandbox, by
        self.store = grants.Grants(command.host, command.sandbox)
        self.asked, self.past, self.rules, self.more, self.settled = {}, [], {}, 0, None

    # -- what is shown --

    def hello(self):
        return {"hello": {"sandbox": self.box.name, "by": self.by,
                          "hour": grants.span(min(choices.HOUR, self.box.grants["seconds"]))}}

    def hear(self, line):
        """A line of the proxy's (gen/engine/questions.h): a question that is new or changed, one that has gone, or how many
        were refused at once. Whether it changes what is shown."""
        one = line.get("question")
        item = self.item(one)
        if item and type(one.get("id")) is int and len(self.asked) < QUESTIONS:
            self.asked[one["id"]] = item
        elif type(line.get("gone")) is int:
            self.asked.pop(line["gone"], None)
        elif type(line.get("refused")) is int:
            self.more = line["refused"]
        else:
            return False
        return True

    def item(self, one):
        """One of the proxy's, or of the log's."""
        rule = choices.rule_of(one.get("missing")) if isinstance(one, dict) else None
        if rule is None:
            return None
        key = json.dumps([rule[part] for part in sorted(rule)], sort_keys=True)
        self.rules[key] = rule

        def number(name, otherwise):
            return one[name] if type(one.get(name)) in (int, float) and 0 <= one[name] < grants.FOREVER else otherwise

        return {"key": key, "rule": rule, "waiting": int(number("waiting", 0)), "count": int(number("count", 1)),
                "first": number("first", time.time()), "text": choices.clean(grants.what(rule))}

    def view(self):
        """What is granted or refused for good is asked about no more, whoever still waits."""
        settled = self.by_host()
        now = [item for item in self.asked.values() if item["waiting"] or not is_settled(item["rule"], settled)]
        return {"now": now, "more": self.more, "granted": [choices.clean(line) for line in grant_verbs.lines(self.store.all())]}

    def by_host(self):
        found = {}
        for _, _, one in self.store.all():
            found.setdefault(one["host"], []).append(one)
        return found

    def refusals(self):
        """What was refused; None where that is what it was."""
        settled = self.by_host()
        if settled == self.settled:
            return None
        self.settled = settled
        return {"past": [item for item in self.past if not is_settled(item["rule"], settled)]}

    def read_log(self):
        """Newest first; as often as it was refused."""
        found, spans = {}, logs.read_spans(self.command.state)
        with logs.log_process(self.command, False, LINES) as process:
            for line in process.stdout:
                text = logs.shown(self.box.name, line.decode("ascii", "replace").rstrip("\n"), True, spans)
                try:
                    said = json.loads(text) if text and text.startswith("{") else {}
                except (ValueError, RecursionError):
                    continue
                item = self.item(said)
                if item:
                    item["count"] = found.pop(item["key"], {"count": 0})["count"] + 1
                    found[item["key"]] = item
        self.past = list(found.values())[::-1][:MOST]

    # -- what is done --

    def answer(self, line):
        """{"do": one of choices.SPANS, "key", "scope", "says", "until"}: what came of it, in words."""
        try:
            do, rule = line["do"], self.rules[line["key"]]
            chosen = choices.scopes(rule)[line["scope"]]
            if choices.says(chosen) != line["says"]:
                raise ValueError
        except (KeyError, IndexError, TypeError, ValueError):
            return {"error": "that is not what was shown"}
        try:
            return {"done": self.do(do, chosen, line)}
        except Failed as why:
            return {"error": choices.clean(why)}

    def do(self, do, chosen, line):
        change = self.command.change()
        if do in ("never", "no"):
            one = grant_verbs.refuse(self.store, chosen, self.by, None if do == "never" else choices.HOUR)
            grant_verbs.made_known(change, "refuse", self.by, one)
            return f"refused: {grants.what(one)}, {grants.until(one)}"
        if do not in ("once", "session", "hour", "until"):
            raise Refused("there is no such answer")
        how = {"once": {"once": True}, "session": {"session": True}, "until": {},
               "hour": {"for": min(choices.HOUR, self.box.grants["seconds"])}}[do]
        if do == "until":
            how["until"] = grant_verbs.date_of(str(line.get("until")))
        one = {**chosen, "reason": "asked"}
        grant_verbs.make(self.store, one, how, self.by, grant_verbs.running(change) if do == "session" else [])
        grant_verbs.made_known(change, "grant", self.by, one)
        return f"granted: {grants.what(one)}, {grants.until(one)}"
