"""tests/engine/differ.py [--count N] [--seed SEED[:ROUND]] [--jobs N]: whole requests through both running engines, which
must say, pass on and answer the same. Run by tests/engine/differ, which has built the engine. What they do not have in
common is differ_rows.py's table.

A round is a policy, and some hundred connections that are opened alike to both. The seed and the round's number make all
of it: SEED:ROUND is that round alone.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import multiprocessing
import random
import re
import signal
import sys

import differ_requests as asked
import differ_rows as rows
import differ_world as world
from differ_world import differ_unread as unread

OF_A_ROUND = 2500
MOST_REFUSALS = 700  # of a round: after a thousand lines a log leaves some out, and mitmproxy's has more of them
KEPT = 60  # requests of a connection
FAILURES = 5  # then it is enough


class Differ:
    def __init__(self, seed: str, first: int) -> None:
        self.seed, self.round = seed, first
        self.both = world.Both()
        self.asked, self.failures = 0, []
        self.counts: collections.Counter = collections.Counter()
        self.late: list = []  # requests that may be heard of yet: differ_rows.is_late()
        self.before = b""

    def run(self, count: int, step: int) -> None:
        """The round, and those that are each `step` further; without a step that one alone."""
        while self.asked < count and len(self.failures) < FAILURES:
            self.play(min(OF_A_ROUND, count - self.asked) if step else OF_A_ROUND)
            self.round += step
            if not step:
                break
        self.both.close()

    def play(self, count: int) -> None:
        dice = random.Random(f"{self.seed} round {self.round}")
        made = asked.policy(dice, self.both.ports)
        rules = made["rules"] + unread.rules(dice, self.both.unread)
        self.granted = asked.grants(dice, made)
        self.engines = self.both.start({**made, "rules": rules}, self.granted, asked.SECRETS)
        self.begun, self.refusals = self.asked, 0
        end = self.asked + count
        try:
            while self.asked < end and self.refusals < MOST_REFUSALS and len(self.failures) < FAILURES:
                # What begins like TLS and is none mitmproxy ends, in an audit too, where the engine lets it pass unread.
                self.connection(dice, made, [one for one in asked.places(self.both.ports, self.both.unread, dice)
                                             if one[0] != "unread" or made["enforcement"] == "enforce"])
            for engine in self.engines:
                if engine.proxy.process.poll() is not None:
                    self.fail(f"{engine.kind} has ended", engine.proxy.log_text()[-2000:])
        finally:
            for engine in self.engines:
                engine.close()

    def connection(self, dice: random.Random, made: dict, places: list) -> None:
        place = dice.choice(places)
        opening, sni = asked.opening(dice, place) if place[0] != "plain" else (None, None)
        try:
            pair = [world.Connection(engine, opening, sni, place[0] == "h2") for engine in self.engines]
        except OSError as error:
            self.fail(f"TLS with {place}: {error}", repr(opening))
            return
        if opening:
            seen = [{"answer": one.opened, "upstream": [], "lines": lines, "heard": []}
                    for one, lines in zip(pair, self.lines())]
            self.compare(None, opening, seen)
            if not all(one.opens for one in pair):
                for one in pair:
                    one.close()
                return
        if place[0] == "unread":
            self.pass_unread(dice, place[1], pair)
        for _ in range(KEPT if place[0] != "unread" else 0):
            if len(self.failures) >= FAILURES or not self.batch(dice, made, place, pair):
                break
        for one in pair:
            one.close()

    def pass_unread(self, dice: random.Random, host: str, pair: list) -> None:
        """What is said in a tunnel of tcp or tls, and what becomes of its bytes."""
        self.asked += 1
        pieces = unread.said(dice, host)
        heard = [unread.talk(one.peer, pieces) for one in pair]
        found = [one.unread() for one in self.engines]
        self.compare(None, b"".join(pieces), [{"answer": world.nothing(), "upstream": records, "lines": lines, "heard": [said]}
                                              for records, lines, said in zip(found, self.lines(), heard)])

    def batch(self, dice: random.Random, made: dict, place: tuple, pair: list) -> bool:
        """Some at once; whether more can follow on these connections."""
        requests = []
        # In HTTP/2 what is asked at once is decided in no order; and what is asked behind an answer that ends one of both
        # connections is counted by one.
        alone = place[0] == "h2" or asked.counts(made, self.granted, place)
        for _ in range(1 if alone else dice.choice((1, 1, 1, 2, 3, 6))):
            self.asked += 1
            requests.append(asked.request(dice, f"{self.seed}.{self.round}.{self.asked - self.begun}", made, place))
            if requests[-1].last:
                break
        data, answers, heard = b"".join(one.bytes() for one in requests), [[], []], [[], []]
        if place[0] == "h2":
            fields = requests[0].as_framed("https")
            data = repr(fields).encode() + requests[0].content
            answers = [[one.ask(fields, requests[0].content, requests[0].trailers)] for one in pair]
        else:
            self.talk(requests, data, pair, answers, heard)
        goes_on = not requests[-1].last and all(rows.goes_on(one, len(requests)) for one in answers)
        lines = self.lines()
        self.late = requests[len(answers[0]):]
        seen = [self.sorted_out(requests, *both) for both in zip(self.engines, lines, answers, heard)]
        if answers[0][-1]["status"] in (0, 400) and not seen[0][-1]["lines"]:
            self.late.insert(0, requests[len(answers[0]) - 1])
        for i, request in enumerate(requests[:min(len(one) for one in answers)]):
            self.compare(request, data if len(requests) == 1 else request.bytes(), [one[i] for one in seen])
        self.before = data
        return goes_on

    def talk(self, requests: list, data: bytes, pair: list, answers: list, heard: list) -> None:
        """Sends all to both, and hears what comes, until one says that no more will."""
        for one in pair:
            with contextlib.suppress(OSError):
                one.peer.send(data)
        for one, found, more in zip(pair, answers, heard):
            for request in requests:
                found.append(one.answer(request.method))
                if not rows.goes_on(found[-1:], 1):
                    break
            if requests[-1].websocket and found[-1]["status"] == 101:
                more.extend(one.websocket([b"hello", b"x" * 100]))

    def sorted_out(self, requests: list, engine, lines: list, answers: list, heard: list) -> list[dict]:
        """What belongs to which request: records by its number, lines by their order."""
        records, found = engine.records(), []
        for request, answer in zip(requests, answers):
            mine = [one for one in records if world.turn_of(one["fields"]) == request.turn.encode()]
            records = [one for one in records if one not in mine]
            found.append({"answer": answer, "upstream": mine, "lines": [], "heard": []})
        late = self.late if engine is self.engines[0] else []
        records = [one for one in records if not any(world.turn_of(one["fields"]) == each.turn.encode() for each in late)]
        if records:
            self.fail(f"{engine.kind} has passed on what was not asked", repr((records, [one.bytes() for one in requests])))
        if heard:
            found[-1]["heard"] = heard
        for i, (request, one) in enumerate(zip(requests, found)):
            while lines and rows.belongs(lines[0], request, one, i + 1 == len(found) and not late):
                one["lines"].append(lines.pop(0))
        lines = [one for one in lines if not any(rows.is_late(one, each) for each in late)]
        if lines:
            self.fail(f"{engine.kind} has logged what was not asked", repr((lines, [one.bytes() for one in requests])))
        return found

    def lines(self) -> list[list[dict]]:
        """Of both, without what is of the request before."""
        theirs, ours = (engine.lines() for engine in self.engines)
        while theirs and theirs[:1] != ours[:1] and any(rows.is_late(theirs[0], each) for each in self.late):
            del theirs[0]
        return [theirs, ours]

    def compare(self, request, data: bytes, seen: list[dict]) -> None:
        self.refusals += any(line.get("verdict") == "deny" for one in seen for line in one["lines"])
        answer = seen[1]["answer"]
        end = "answered in JSON-RPC" if request else "opened"
        self.counts["passed" if seen[1]["upstream"] else end if answer["status"] == 200 else "refused"] += 1
        self.counts["granted"] += any("grant" in line for line in seen[1]["lines"])
        differences = rows.differences(request, *seen)
        if differences:
            self.fail("; ".join(differences), told(differences, seen), data)

    def fail(self, what: str, text: str, data: bytes = b"") -> None:
        self.failures.append(what)
        print(f"DIFFERENCE, seed {self.seed}:{self.round}: {what}\n    {shown(data)}\n{text[:6000]}    before: {shown(self.before)}",
              flush=True)


def shown(data) -> str:
    return re.sub(r"(.)\1{40,}", lambda found: f"{found[1] * 3}...{len(found[0])}", repr(data))[:2000]


def told(differences: list[str], seen: list[dict]) -> str:
    """What of it differs, of both; the rest in short."""
    found = ""
    for name, one in zip(world.ADDRESSES, seen):
        parts = {"status": one["answer"]["status"], "body": one["answer"]["body"][:300]}
        parts.update((key, one["answer"][key[7:]] if key.startswith("answer.") else one[key]) for key in differences)
        found += f"    {name}: " + "; ".join(f"{key} {shown(part)}" for key, part in parts.items()) + "\n"
    return found


def lane(seed: str, first: int, step: int, count: int) -> tuple:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no engine is left behind
    differ = Differ(seed, first)
    differ.run(count, step)
    return differ.asked, differ.counts, rows.USED, len(differ.failures)


def main() -> int:
    words = argparse.ArgumentParser()
    words.add_argument("--count", type=int, default=12000)
    words.add_argument("--seed", default="1")
    words.add_argument("--jobs", type=int, default=2)
    told = words.parse_args()
    seed, _, only = told.seed.partition(":")
    jobs = 1 if only else told.jobs
    lanes = [(seed, int(only or number), 0 if only else jobs, -(-told.count // jobs)) for number in range(jobs)]
    with multiprocessing.Pool(jobs) as pool:
        found = pool.starmap(lane, lanes)
    count, failures = sum(one[0] for one in found), sum(one[3] for one in found)
    ends, used = (sum((one[i] for one in found), collections.Counter()) for i in (1, 2))
    print(f"{count} requests; of what was compared, CONNECTs too: " + ", ".join(f"{number} {name}" for name, number in sorted(ends.items())))
    for name, reason, _ in rows.ROWS:
        print(f"    {used[name]:7} {name}: {reason}")
    if not failures and count >= 5000 and ends["passed"] < count / 4:
        print("hardly anything passed: this has tried little")
        failures = 1
    if not failures and count >= 5000 and not (ends["granted"] and ends["answered in JSON-RPC"]):
        print("nothing was granted, or nobody called a tool that no rule names")
        failures = 1
    unused = [name for name, _, _ in rows.ROWS if not used[name]]
    if unused and count >= 100_000:
        print("nothing differs any more as these rows say: " + ", ".join(unused))
        failures = 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
