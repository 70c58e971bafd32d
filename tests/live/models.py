"""The models' APIs that the world plays, each as its documents have it, and what an agent asks of its service besides.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import time

import sites
import world
from sites import Site


class Model(Site):
    """A model that says one thing, in pieces, as its API documents it; asked to "fetch URL", it first calls the tool
    for that, which the client has offered, once. Told to take its time it stops in the middle."""

    path = b""
    words = ("The ", "world ", "says ", "hello.")
    result = ""  # what only a conversation with a tool's answer has

    def page(self, asked: dict) -> str | None:
        """Of what is to be fetched by a tool now."""
        text = json.dumps(asked)
        wanted = re.search(r"fetch (https://[a-z./]+)", text)
        return wanted[1] if wanted and asked.get("tools") and self.result not in text else None

    def pause(self, asked: dict) -> None:
        if "take your time" in json.dumps(asked):
            time.sleep(20)

    def __call__(self, connection, record, lower) -> bool:
        method, target = record["line"].split(b" ")[:2]
        path = target.partition(b"?")[0]
        if method == b"POST" and path == self.path:
            stream(connection, self.events(json.loads(record["body"])))
        else:
            world.send(connection, b"200 OK", [(b"Content-Type", b"application/json")],
                       self.pages.get(path.decode(), b"{}"))
        return True

    def events(self, asked: dict):
        raise NotImplementedError


class Anthropic(Model):
    path = b"/v1/messages"
    result = '"tool_result"'

    def __init__(self, *place) -> None:
        super().__init__(*place)
        # Claude Code asks before its WebFetch fetches.
        self.pages["/api/web/domain_info"] = b'{"can_fetch": true}'

    def tool(self, asked: dict) -> tuple[str, dict] | None:
        """Of Claude Code's also the one that writes a file. A tool's name has capital letters in one client and none in
        another."""
        text = json.dumps(asked)
        file = re.search(r"put a greeting into (/[a-z./-]+)", text)
        if file and asked.get("tools") and self.result not in text:
            return "Write", {"file_path": file[1], "content": "hello\n"}
        url = self.page(asked)
        if not url:
            return None
        name = next((tool["name"] for tool in asked["tools"] if tool.get("name", "").lower() == "webfetch"), "WebFetch")
        return name, {"url": url, **({"prompt": "What does it say?"} if name == "WebFetch" else {"format": "text"})}

    def call(self, name: str, arguments: dict):
        yield {"type": "content_block_start", "index": 0, "content_block": {
            "type": "tool_use", "id": "toolu_live", "name": name, "input": {}}}
        yield {"type": "content_block_delta", "index": 0, "delta": {
            "type": "input_json_delta", "partial_json": json.dumps(arguments)}}

    def say(self, asked: dict):
        yield {"type": "content_block_start", "index": 0,
               "content_block": {"type": "text", "text": ""}}
        for word in self.words:
            yield {"type": "content_block_delta", "index": 0,
                   "delta": {"type": "text_delta", "text": word}}
            self.pause(asked)

    def events(self, asked: dict):
        tool = self.tool(asked)
        yield {"type": "message_start", "message": {
            "id": "msg_live", "type": "message", "role": "assistant", "content": [],
            "model": asked["model"], "stop_reason": None, "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1}}}
        yield from self.call(*tool) if tool else self.say(asked)
        yield {"type": "content_block_stop", "index": 0}
        yield {"type": "message_delta", "usage": {"output_tokens": 4},
               "delta": {"stop_reason": "tool_use" if tool else "end_turn", "stop_sequence": None}}
        yield {"type": "message_stop"}


class OpenAI(Model):
    path = b"/v1/responses"

    def __call__(self, connection, record, lower) -> bool:
        if lower.get(b"upgrade", b"").lower() != b"websocket":
            return super().__call__(connection, record, lower)
        accept = base64.b64encode(hashlib.sha1(lower[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept)
        for text in messages(connection):
            record["body"] += text
            asked = json.loads(text)
            said = list(self.events(asked))
            # What is to be ready and not to be said yet.
            for event in said if asked.get("generate", True) else said[:1] + said[-1:]:
                text = json.dumps(event).encode()
                size = bytes([len(text)]) if len(text) < 126 else b"\x7e" + struct.pack(">H", len(text))
                connection.sendall(b"\x81" + size + text)
        return False

    def events(self, asked: dict):
        item = {"type": "message", "role": "assistant", "id": "msg_live"}
        yield {"type": "response.created", "response": {"id": "resp_live"}}
        yield {"type": "response.output_item.added", "item": {**item, "content": []}}
        for word in self.words:
            yield {"type": "response.output_text.delta", "delta": word}
            self.pause(asked)
        done = {**item, "status": "completed", "content": [{"type": "output_text", "text": "".join(self.words), "annotations": []}]}
        yield {"type": "response.output_item.done", "output_index": 0, "item": done}
        yield {"type": "response.completed", "response": {"id": "resp_live", "status": "completed", "output": [done], "usage": {
            "input_tokens": 1, "input_tokens_details": None, "output_tokens": 4,
            "output_tokens_details": None, "total_tokens": 5}}}


class Gemini(Model):
    """Asks first, in one piece, which of its models is to answer."""

    result = '"functionResponse"'

    def __call__(self, connection, record, lower) -> bool:
        call = record["line"].split(b" ")[1].partition(b"?")[0].rpartition(b":")[2]
        if call == b"streamGenerateContent":
            url = self.page(json.loads(record["body"]))
            stream(connection, map(self.said, (
                {"functionCall": {"name": "web_fetch", "args": {"prompt": f"What does {url} say?"}}},) if url else self.words))
        else:
            choice = json.dumps({"complexity_reasoning": "simple", "complexity_score": 1})
            answer = self.said(choice) if call == b"generateContent" else {"totalTokens": 1}
            world.send(connection, b"200 OK", [(b"Content-Type", b"application/json")],
                       json.dumps(answer).encode())
        return True

    def said(self, part: str | dict) -> dict:
        return {"candidates": [{"index": 0, "finishReason": "STOP", "content": {
            "role": "model", "parts": [{"text": part} if isinstance(part, str) else part]}}],
                "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 4,
                                  "totalTokenCount": 5}}


class Chat(Model):
    """OpenAI's Chat Completions, as Alibaba Cloud has them."""

    path = b"/compatible-mode/v1/chat/completions"

    def events(self, asked: dict):
        chunk = {"id": "chatcmpl-live", "object": "chat.completion.chunk", "created": 1, "model": asked["model"]}
        for word in self.words:
            yield {**chunk, "choices": [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}]}
        yield {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
               "usage": {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5}}


class Copilot(OpenAI):
    """One host says where the others are and what they offer."""

    path = b"/responses"

    def __init__(self, *place) -> None:
        super().__init__(*place)
        self.pages["/copilot_internal/user"] = json.dumps({
            "login": "live", "copilot_plan": "individual", "access_type_sku": "monthly_subscriber", "chat_enabled": True,
            "can_signup_for_limited": False, "organization_list": [], "organization_login_list": [],
            "endpoints": {"api": "https://api.individual.githubcopilot.com",
                          "telemetry": "https://telemetry.individual.githubcopilot.com"}}).encode()
        self.pages["/models"] = json.dumps({"object": "list", "data": [{
            "id": "gpt-5.6-sol", "name": "GPT-5.6 Sol", "object": "model", "vendor": "OpenAI", "version": "gpt-5.6-sol", "preview": False,
            "model_picker_enabled": True, "policy": {"state": "enabled", "terms": ""},
            "supported_endpoints": ["/responses", "/chat/completions"], "billing": {"is_premium": False, "multiplier": 1},
            "capabilities": {"type": "chat", "family": "gpt-5.6-sol", "object": "model_capabilities", "tokenizer": "o200k_base",
                             "limits": {"max_prompt_tokens": 100000, "max_output_tokens": 10000, "max_context_window_tokens": 110000},
                             "supports": {"streaming": True, "tool_calls": True, "parallel_tool_calls": True}}}]}).encode()


class Factory(OpenAI):
    path = b"/api/llm/o/v1/responses"

    def __init__(self, *place) -> None:
        super().__init__(*place)
        self.pages["/api/cli/whoami"] = json.dumps({"userId": "live", "orgId": "live"}).encode()


def exactly(connection, count: int) -> bytes:
    found = b""
    while len(found) < count:
        if not (more := connection.recv(count - len(found))):
            raise EOFError
        found += more
    return found


def messages(connection):
    """What a client says by a WebSocket (RFC 6455, 5.2), until it closes: texts, put together."""
    text = b""
    try:
        while True:
            first, second = exactly(connection, 2)
            size = second & 127
            if size > 125:
                size = int.from_bytes(exactly(connection, 2 if size == 126 else 8), "big")
            mask = exactly(connection, 4)
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(exactly(connection, size)))
            if first & 15 == 8:
                return
            if first & 15 < 2:
                text += payload
                if first & 128:
                    yield text
                    text = b""
    except (EOFError, OSError):
        return


def stream(connection, events) -> None:
    """Server-sent events, one chunk each."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                       b"Transfer-Encoding: chunked\r\n\r\n")
    for event in events:
        kind = f"event: {event['type']}\n" if "type" in event else ""
        text = f"{kind}data: {json.dumps(event)}\n\n".encode()
        connection.sendall(b"%x\r\n%s\r\n" % (len(text), text))
        time.sleep(0.02)
    connection.sendall(b"0\r\n\r\n")


sites.KINDS.update({"anthropic": Anthropic, "openai": OpenAI, "gemini": Gemini, "chat": Chat,
                    "copilot": Copilot, "factory": Factory})
