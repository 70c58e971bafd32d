"""What answers of models' APIs say that they cost: the engine's reading against modules/proxy/usage.py's, of the shapes that
the APIs publish and of what comes near them, in pieces of every length; and what each of them must give."""

from __future__ import annotations

import json
import random

import names
import reference as ref  # noqa: F401: finds the modules of the proxy
import usage

MOST = usage.MOST


def events(*bodies, named=True, end="\n") -> bytes:
    made = ""
    for body in bodies:
        text = body if isinstance(body, str) else json.dumps(body)
        if named and isinstance(body, dict) and "type" in body:
            made += f"event: {body['type']}{end}"
        made += f"data: {text}{end}{end}"
    return made.encode()


ANTHROPIC = {"id": "msg_013Zva2CMHLNnXjNJJKqJ2EF", "type": "message", "role": "assistant", "model": "claude-opus-4-1",
             "content": [{"type": "text", "text": 'He said "usage": {"input_tokens": 9999} \\" and {[}'},
                         {"type": "tool_use", "id": "toolu_01", "name": "x", "input": {"usage": {"output_tokens": 777}, "a": [{"b": 1}]}}],
             "stop_reason": "end_turn", "stop_sequence": None,
             "usage": {"input_tokens": 2095, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 400, "output_tokens": 503,
                       "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0},
                       "server_tool_use": {"web_search_requests": 1}, "service_tier": "standard"}}
ANTHROPIC_EVENTS = [
    {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "claude",
                                          "usage": {"input_tokens": 25, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 1000,
                                                    "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 'data: {"usage": {"output_tokens": 5000}}\n\n'}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"usage": {"out'}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}}, {"type": "message_stop"}]
CHAT = {"id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object": "chat.completion", "created": 1741569952, "model": "gpt-5",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello!", "refusal": None, "annotations": []},
                     "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
                  "prompt_tokens_details": {"cached_tokens": 3, "audio_tokens": 0},
                  "completion_tokens_details": {"reasoning_tokens": 5, "accepted_prediction_tokens": 0}}, "service_tier": "default"}
CHAT_EVENTS = [{"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hel"}}], "usage": None},
               {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [],
                "usage": {"prompt_tokens": 19, "completion_tokens": 11, "total_tokens": 30}}, "[DONE]"]
RESPONSES = {"id": "resp_67ccd", "object": "response", "created_at": 1741476542, "status": "completed", "error": None,
             "output": [{"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "In a peaceful grove", "annotations": []}]}],
             "usage": {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 30}, "output_tokens": 87,
                       "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 123}, "user": None, "metadata": {}}
RESPONSES_EVENTS = [{"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "usage": None}, "sequence_number": 0},
                    {"type": "response.output_text.delta", "delta": "Hi", "sequence_number": 4},
                    {"type": "response.completed", "response": {"id": "resp_1", "output": [{"content": [{"text": "x"}]}],
                                                                "usage": {"input_tokens": 37, "output_tokens": 11, "total_tokens": 48}}}]
GEMINI = {"candidates": [{"content": {"parts": [{"text": "AI \u4eba works"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
          "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 12, "thoughtsTokenCount": 900, "totalTokenCount": 920,
                            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}]}, "modelVersion": "gemini-2.5-flash"}
GEMINI_EVENTS = [{"candidates": [{"content": {"parts": [{"text": "A"}]}}], "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}},
                 {"candidates": [{"content": {"parts": [{"text": "I"}]}}],
                  "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 5, "totalTokenCount": 13}}]


def of_usage(**fields) -> bytes:
    return json.dumps({"usage": fields}).encode()


KNOWN = [
    (json.dumps(ANTHROPIC).encode(), 3008), (json.dumps(ANTHROPIC, indent=2).encode(), 3008), (events(*ANTHROPIC_EVENTS), 1040),
    (events(*ANTHROPIC_EVENTS, end="\r\n"), 1040), (events(*ANTHROPIC_EVENTS, end="\r"), 1040), (json.dumps(CHAT).encode(), 29),
    (events(*CHAT_EVENTS), 30), (events(CHAT_EVENTS[0], "[DONE]"), 0), (json.dumps(RESPONSES).encode(), 123), (events(*RESPONSES_EVENTS), 48),
    (json.dumps(GEMINI).encode(), 920), (json.dumps(GEMINI_EVENTS).encode(), 13), (events(*GEMINI_EVENTS), 13),
    (json.dumps({"response": GEMINI}).encode(), 920), (b"\xef\xbb\xbf  \r\n" + json.dumps(CHAT).encode(), 29),
    (json.dumps(CHAT).encode() + b"\n" + json.dumps({"usage": {"total_tokens": 31}}).encode(), 31), (b": ping\n\n" + events(*CHAT_EVENTS), 30),
    # What lies.
    (of_usage(input_tokens=-5000, output_tokens=7), 7), (of_usage(input_tokens=10 ** 30, output_tokens=10 ** 40), 2 * MOST),
    (of_usage(total_tokens=MOST * 10, prompt_tokens=-MOST * 10, completion_tokens=3), MOST), (of_usage(input_tokens="900", output_tokens=1), 1),
    (b'{"usage":{"output_tokens":1e3}}', 1000), (b'{"usage":{"output_tokens":1.2}}', 2), (b'{"usage":{"output_tokens":1e999}}', MOST),
    (b'{"usage":{"output_tokens":-1e999}}', 0), (b'{"usage":{"output_tokens":' + b"9" * 33 + b"}}", MOST),
    (b'{"usage":{"output_tokens":-' + b"9" * 99 + b"}}", 0), (b'{"usage":{"output_tokens":0x20,"input_tokens":NaN}}', 0),
    (b'{"usage":{"output_tokens":5,"output_tokens":-3,"output_tokens":4}}', 5), (b'{"usage":[{"output_tokens":5}]}', 0),
    (b'{"usage":{"output_tokens":[5],"a":{"output_tokens":6}}}', 0), (b'{"a":{"usage":{"output_tokens":5}}}', 0),
    (b'{"usage":{"output_tokens":null,"input_tokens":true}}', 0), (b'{"x":"usage","y":{"output_tokens":5}}', 0), (b"", 0), (b"hello", 0),
    (b'{"usage":{"output_tokens":5', 0), (b'{"usage":{"output_tokens":5,', 5), (b'{"us\\u0061ge":{"output_tokens":5}}', 0),
    (b'"usage":{"output_tokens":5}', 0), (b'data: {"usage":\ndata: {"output_tokens":5}}\n\n', 5),
    (b'data: {"usage":\n\ndata: {"output_tokens":5}}\n\n', 0), (b'datas: {"usage":{"output_tokens":5}}\n\n', 0), (b"[" * 300 + b"]" * 300, 0),
    (b'{"a":' + b"[" * 999 + b"]" * 999 + b',"usage":{"output_tokens":5}}', 5),
]
BITS = [b'"usage"', b'"usageMetadata"', b'"message"', b'"response"', b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\n", b"\r\n", b"\r", b" ",
        b"\n\n", b"data: ", b"data:", b"event: x", b'"output_tokens"', b'"input_tokens":', b'"total_tokens"', b"5", b"17", b"-3", b"1e2", b"1.5e1",
        b"99999999999999999999", b"9" * 40, b"null", b'{"usage":{"output_tokens":', b'"totalTokenCount":', b"\xff", b"\0", b"\xe4\xba\xba", b'"x"',
        b"+5", b"1.", b"1.e1", b"01", b"1e", b".5", b"e", b"inf", b"nan", b"1_0"]


def near(chance: random.Random) -> bytes:
    made = chance.choice(KNOWN)[0] if chance.random() < 0.5 else b"".join(chance.choice(BITS) for _ in range(chance.randint(1, 40)))
    made = made[:4000]
    for _ in range(chance.choice((0, 1, 3))):
        at = chance.randrange(len(made) + 1)
        made = made[:at] + chance.choice((chance.choice(BITS), b"")) + made[at + chance.choice((0, 0, 1, 5)):]
    return made


def pieces(chance: random.Random, text: bytes) -> list[bytes]:
    longest, made = chance.choice((1, 2, 7, 60, 5000)), []
    while text:
        n = chance.randint(1, longest)
        made.append(text[:n])
        text = text[n:]
    return made


def read(parts: list[bytes]) -> int:
    one = usage.Usage()
    for part in parts:
        one.feed(part)
    return one.tokens()


def compare(driver: str, folder: str, seed: str) -> list:
    chance, problems = random.Random(f"usages {seed}"), []
    asked = [(parts, wanted) for text, wanted in KNOWN for parts in ([text], [text[i:i + 1] for i in range(len(text))], pieces(chance, text))]
    asked += [(pieces(chance, near(chance)), None) for _ in range(5000)]
    said = names.ask(driver, [{"usage": [part.decode("latin-1") for part in parts]} for parts, _ in asked], folder)
    some = 0
    for (parts, wanted), mine in zip(asked, said):
        theirs = read(parts)
        some += wanted is None and theirs > 0
        if mine["tokens"] != theirs or wanted not in (None, theirs):
            problems.append((b"".join(parts)[:1500], len(parts), mine["tokens"], theirs, wanted))
    if some < 500:
        problems.append(f"only {some} say something")
    return problems
