"""ask without a screen: what waits is printed as it comes, with a number; an answer is a line."""

import selectors
import sys

import choices
from ask_list import List
from say import say

HELP = "answer: NUMBER and once, session, hour, never, no, or until YYYY-MM-DD; then path, or above, or host; 'list'; 'quit'"


def run(lines):
    return Plain(lines).run()


class Plain:
    def __init__(self, lines):
        # Numbers are of what was printed.
        self.lines, self.list, self.numbers, self.told = lines, List(), {}, {}

    def run(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.lines, selectors.EVENT_READ)
            self.listen(selector)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.lines:
                        found = self.lines.read()
                        if found is None:
                            return 1
                        for one in found:
                            if not self.hear(one):
                                return 1
                    elif not self.answer(sys.stdin.buffer.raw.read(4096)):
                        return 0

    def listen(self, selector):
        self.typed = b""
        selector.register(0, selectors.EVENT_READ)

    def hear(self, said):
        if "fatal" in said:
            print(f"agent-sandbox: {choices.clean(said['fatal'])}", file=sys.stderr)
            return False
        if "hello" in said:
            say(f"ask: sandbox {said['hello']['sandbox']}, as {said['hello']['by']}\n{HELP}")
        elif "now" in said:
            self.list.take(said)
            self.tell()
        else:
            say(choices.clean(said.get("done") or f"not done: {said.get('error')}"))
        return True

    def tell(self, everything=False):
        """Once each, and again when it waits anew."""
        for item in self.list.items:
            before, waits = self.told.get(item["key"]), item["waiting"] > 0
            if everything or waits and not before:
                number = self.numbers.setdefault(item["key"], len(self.numbers) + 1)
                say(f"{number}  {'waits' if waits else 'refused'}  {item['count']}x  {choices.clean(item['text'])}")
            self.told[item["key"]] = waits

    def answer(self, data):
        """False: no more."""
        *lines, self.typed = (self.typed + (data or b"")).split(b"\n")
        for line in lines:
            words = line.decode("ascii", "replace").split()
            if words == ["quit"]:
                return False
            if words == ["list"]:
                self.tell(everything=True)
            elif words and not self.decide(words):
                say(HELP)
        return bool(data)

    def decide(self, words):
        keys = {str(number): key for key, number in self.numbers.items()}
        places = {item["key"]: i for i, item in enumerate(self.list.items)}
        if words[0] not in keys or len(words) < 2:
            return False
        do, rest, more = words[1], words[2:], {}
        if do == "until" and rest:
            more["until"] = rest.pop(0)
        where = rest.pop(0) if rest else "path"
        if rest or do not in [name for _, name, _ in choices.SPANS if name != "always"] or where not in ("path", "above", "host"):
            return False
        if keys[words[0]] not in places:
            say("that is not asked any more")
            return True
        self.list.point(places[keys[words[0]]])
        last = len(choices.scopes(self.list.items[self.list.at]["rule"])) - 1
        self.list.scope = {"path": 0, "above": min(1, last), "host": last}[where]
        self.lines.say(self.list.answer(do, **more))
        return True
