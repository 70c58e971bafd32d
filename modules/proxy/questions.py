"""What operators are asked: one question for each method, host, port and path that no rule allows, and the requests
that wait for its answer. gen/engine/questions.h says which lines those hear who subscribed."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import Any

import control
from policy import Decision, Policy, Request

MOST, WAITING, KEPT = 256, 1024, 3600
_TELL_SECONDS = 0.05
# mitmproxy keeps in memory what comes of a request that waits.
LONGEST_BODY, _BODIES = 1024 * 1024, 64 * 1024 * 1024
# An agent is told where it can read what it may do. On macOS nothing is mounted there.
_LEARN_MORE = "" if sys.platform == "darwin" else "; /run/agent-sandbox/policy.json says what is allowed"


def reason(said: str, asked: str | None) -> str:
    return said + (f"; {asked}" if asked else "") + _LEARN_MORE


def may_be_asked(policy: Policy, request: Request, decision: Decision, today: Any) -> bool:
    return bool(policy.ask and policy.grants and decision.wanting and policy.ask.has(request.host, request.method)
                and policy.grants.has(request.host, request.method)
                and not policy.addresses(request.host, request.port, today))


class _Question:
    def __init__(self, number: int, request: Request, missing: dict[str, Any]) -> None:
        self.said = {"id": number, "method": request.method, "scheme": request.scheme, "host": request.host,
                     "port": request.port, "path": request.target.path, "websocket": request.websocket,
                     "missing": missing}
        self.first = self.last = int(time.time())
        self.count = 0
        self.waits: dict[Wait, None] = {}
        self.changed = False

    def line(self) -> dict[str, Any]:
        said = dict(self.said, first=self.first, last=self.last, count=self.count, waiting=len(self.waits))
        if self.waits:
            said["wait_until"] = min(wait.until for wait in self.waits)
        return {"question": said}


class Left(Exception):
    """The client has gone meanwhile."""


class Wait:
    """One request that waits."""

    def __init__(self, key: Any, until: int, length: int, client: str) -> None:
        self.key, self.until, self.length, self.client = key, until, length, client
        self.woken = asyncio.Event()
        self.has_left = False

    async def answered(self) -> bool:
        """False: nobody answered in time. True: something may have been. Raises Left."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.woken.wait(), max(0.0, self.until - time.time()))
        if self.has_left:
            raise Left
        found = self.woken.is_set()
        self.woken.clear()
        return found


class Questions:
    def __init__(self) -> None:
        self._questions: dict[Any, _Question] = {}
        self._peers: set[control.Peer] = set()
        self._last = self._refused = self._refused_told = self._waiting = self._bodies = 0
        self._telling: asyncio.TimerHandle | None = None

    # Who is told.

    def subscribe(self, _asked: dict[str, Any], peer: control.Peer) -> dict[str, Any]:
        """All that there are come first."""
        self._peers.add(peer)
        for one in self._questions.values():
            peer.say(one.line())
        return {"ok": True}

    def _is_attended(self) -> bool:
        self._peers = {peer for peer in self._peers if peer.is_there()}
        return bool(self._peers)

    def _say(self, line: dict[str, Any]) -> None:
        self._peers = {peer for peer in self._peers if peer.say(line)}

    def _tell(self) -> None:
        self._telling = None
        for one in self._questions.values():
            if one.changed:
                one.changed = False
                self._say(one.line())
        if self._refused != self._refused_told:
            self._refused_told = self._refused
            self._say({"refused": self._refused})

    def _tell_soon(self) -> None:
        if not self._telling:
            self._telling = asyncio.get_running_loop().call_later(_TELL_SECONDS, self._tell)

    def _changed(self, question: _Question) -> None:
        question.changed = True
        self._tell_soon()

    # Questions.

    def _drop(self, key: Any) -> None:
        self._say({"gone": self._questions.pop(key).said["id"]})

    def _question(self, request: Request, missing: dict[str, Any]) -> Any:
        """Its key; None: there is no room for it."""
        key = (request.websocket, request.method, request.scheme, request.host, request.port, request.target.path)
        if key in self._questions:
            return key
        if len(self._questions) >= MOST:
            free = [(one.last, number, old) for number, (old, one) in enumerate(self._questions.items()) if not one.waits]
            if not free:
                return None
            self._drop(min(free)[2])
        self._last += 1
        self._questions[key] = _Question(self._last, request, missing)
        return key

    # Those who wait.

    def ask(self, request: Request, missing: dict[str, Any], seconds: int, length: int | None,
            client: str) -> Wait | str:
        """length: of its body; None: nobody has said it. A text says why it does not wait."""
        if not self._is_attended():
            return "nobody is there to be asked"
        if length is None or length > LONGEST_BODY:
            return "a request whose body is so long, or of no length, cannot wait for an answer"
        full = self._waiting >= WAITING or self._bodies + length > _BODIES
        key = None if full else self._question(request, missing)
        if key is None:
            self._refused += 1
            self._tell_soon()
            return "too many requests wait for an answer already"
        question = self._questions[key]
        question.last, question.count = int(time.time()), question.count + 1
        wait = Wait(key, question.last + seconds, length, client)
        question.waits[wait] = None
        self._waiting, self._bodies = self._waiting + 1, self._bodies + length
        self._changed(question)
        return wait

    def forget(self, wait: Wait) -> None:
        question = self._questions.get(wait.key)
        if question and wait in question.waits:
            del question.waits[wait]
            self._waiting, self._bodies = self._waiting - 1, self._bodies - wait.length
            self._changed(question)

    def look(self) -> None:
        """What is granted, or the policy, is another: all that wait are decided anew."""
        for question in self._questions.values():
            for wait in question.waits:
                wait.woken.set()

    def left(self, client: str) -> None:
        for question in self._questions.values():
            for wait in question.waits:
                if wait.client == client:
                    wait.has_left = True
                    wait.woken.set()

    def tick(self) -> None:
        """Once a second."""
        now = time.time()
        for key in [key for key, one in self._questions.items() if not one.waits and now - one.last >= KEPT]:
            self._drop(key)
