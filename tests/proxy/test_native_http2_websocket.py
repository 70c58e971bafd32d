"""WebSockets of a client that speaks HTTP/2 (RFC 8441), which mitmproxy does not have: their handshakes and secrets."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
import unittest

import h2.events

import native_case
import world as w
from native_case import HANDSHAKE, at, fields, request, status
from native_websocket import ExtendedConnect, accepts, frame
from native_world import STREAMS

setUpModule, tearDownModule = native_case.set_up, native_case.tear_down
STARS = b"*" * len(w.SECRET)


class Handshakes(ExtendedConnect):
    def test_it_is_announced(self):
        talk = self.talk()
        talk.until(0, h2.events.RemoteSettingsChanged)
        self.assertEqual(talk.h2.remote_settings.enable_connect_protocol, 1)

    def test_the_handshake_and_an_echo(self):
        heads = []
        def echoes(peer, head):
            heads.append(head)
            accepts(peer, head, b"Sec-WebSocket-Protocol: chat\r\nX-Mine: yes\r\nKeep-Alive: 5\r\n")
            while piece := peer.rest or peer.socket.recv(65536):
                peer.rest = b""
                peer.send(piece)
        self.play("/echo", echoes)
        talk, stream = self.opens("/echo?x=1", sec_websocket_protocol="chat", sec_websocket_key="bWluZQ==",
                                  origin="https://open.world.test")
        said = talk.head(stream)
        self.assertEqual({key: said[key] for key in said if key != "date"}, {
            ":status": "200", "sec-websocket-protocol": "chat", "x-mine": "yes"})
        for number in range(20):
            talk.send(stream, frame(0x81, b"message %02d" % number))
            self.heard(talk, stream, 12 * (number + 1))
        self.assertEqual(talk.body(stream), b"".join(frame(0x81, b"message %02d" % i) for i in range(20)))
        lines = heads[0].split(b"\r\n")
        self.assertEqual(lines[0], b"GET /echo?x=1 HTTP/1.1")
        asked = dict(line.lower().split(b": ", 1) for line in lines[1:])
        self.assertEqual(len(asked), len(lines) - 1)
        self.assertEqual(asked, {
            b"host": b"open.world.test:%d" % at.RAW.port, b"connection": b"upgrade", b"upgrade": b"websocket",
            b"sec-websocket-version": b"13", b"sec-websocket-protocol": b"chat",
            b"origin": b"https://open.world.test", b"sec-websocket-key": asked[b"sec-websocket-key"]})
        keys = [base64.b64decode(re.search(rb"Sec-WebSocket-Key: (\S+)", head)[1]) for head in heads]
        self.assertEqual(len(keys[0]), 16)

    def test_the_log_has_the_line_that_http1_has(self):
        self.play("/line", lambda peer, head: accepts(peer, head))
        def last(host: str) -> dict:
            line = self.decisions()[-1]
            self.assertEqual(line["host"], host)
            return {key: line[key] for key in line if key != "time"}
        for host, code in ("open.world.test", "200"), ("git.world.test", "403"), ("api.world.test", "200"):
            with self.subTest(host):
                head, body = self.ask(self.tunnel(host), request("/line", host, extra=HANDSHAKE))
                expected = last(host)
                talk, stream = self.opens("/line", host)
                self.assertEqual(talk.finish(stream), (code, body, "end"))
                self.assertEqual(last(host), expected)
                self.assertEqual(status(head), "101" if code == "200" else code)

    def test_refused_where_no_rule_says_so(self):
        before = at.RAW.connections
        talk, stream = self.opens("/ws", "git.world.test", accept="application/json")
        code, body, how = talk.finish(stream)
        self.assertEqual((code, how), ("403", "end"))
        self.assertIs(json.loads(body)["missing"]["websocket"], True)
        self.assertEqual(at.RAW.connections, before)

    def test_what_is_no_handshake_is_refused(self):
        before = at.RAW.connections
        for name, protocol, ends, more in (
                ("another protocol", "connect-udp", False, {}),
                ("two", "websocket, h2c", False, {}), ("it ends", "websocket", True, {}),
                ("a length", "websocket", False, {"content_length": "5"})):
            with self.subTest(name):
                talk, stream = self.opens("/ws", protocol=protocol, ends=ends, **more)
                code, _, how = talk.finish(stream)
                self.assertEqual((code, how), ("403", "end"))
        talk = self.talk()
        plain = talk.ask([(":method", "CONNECT"), (":authority", f"open.world.test:{at.RAW.port}")], False)
        self.assertNotEqual(talk.finish(plain)[0], "200")
        talk = self.talk()
        get = talk.ask([(":protocol", "websocket"), *fields("/ws")])
        self.assertNotEqual(talk.finish(get)[0], "200")
        talk, stream = self.opens("/ws", protocol="")
        self.assertNotEqual(talk.finish(stream)[0], "200")
        self.assertEqual(at.RAW.connections, before)
        self.lives()

    def test_a_secret_goes_in_and_does_not_come_back(self):
        heads = []
        def says_back(peer, head):
            heads.append(head)
            key = re.search(rb"x-api-key: (\S+)", head)[1]
            accepts(peer, head, b"X-Key: %s\r\n" % key)
            peer.send(frame(0x81, b"key " + key) + frame(1, key[:7]))
            time.sleep(0.1)
            peer.send(frame(0x80, key[7:]) + frame(0x89, key))
            peer.some(6)
            peer.send(frame(0x88, b""))
        self.play("/says", says_back)
        talk, stream = self.opens("/says", "api.world.test", x_api_key=w.PLACEHOLDER,
                                  sec_websocket_extensions="permessage-deflate", accept_encoding="gzip")
        self.assertEqual(talk.head(stream)["x-key"], STARS.decode())
        talk.send(stream, b"\x81\x80abcd")
        code, found, how = talk.finish(stream)
        self.assertEqual((code, how), ("200", "end"))
        self.assertNotIn(w.SECRET.encode(), found)
        self.assertTrue(found.startswith(frame(0x81, b"key " + STARS)), found)
        self.assertIn(frame(0x89, STARS), found)
        self.assertEqual(re.sub(rb"[^*]", b"", found), STARS * 3)
        self.assertIn(b"x-api-key: " + w.SECRET.encode(), heads[0])
        self.assertNotIn(b"extensions", heads[0].lower())
        self.assertIn(b"Accept-Encoding: identity", heads[0])

    def test_compressed_frames_that_nobody_offered(self):
        ended = threading.Event()
        def compresses(peer, head):
            accepts(peer, head)
            time.sleep(0.2)
            peer.send(frame(0xc1, b"compressed"))
            peer.to_end()
            ended.set()
        self.play("/compresses", compresses)
        talk, stream = self.opens("/compresses", "api.world.test")
        self.assertEqual(talk.finish(stream), ("200", b"", "reset"))
        self.assertTrue(ended.wait(3))

    def test_extensions_are_the_clients_where_no_secret_is(self):
        data = bytes(range(256)) * 300
        def compresses(peer, head):
            self.assertIn(b"permessage-deflate", head)
            accepts(peer, head, b"Sec-WebSocket-Extensions: permessage-deflate\r\n")
            peer.send(data)
        self.play("/raw", compresses)
        talk, stream = self.opens("/raw", sec_websocket_extensions="permessage-deflate")
        self.assertEqual(talk.finish(stream), ("200", data, "end"))
        self.assertEqual(talk.head(stream)["sec-websocket-extensions"], "permessage-deflate")

    def test_a_server_that_does_not_take_it_up(self):
        heard = []
        def says(*lines: bytes, body: bytes = b"no"):
            def play(peer, head):
                peer.send(b"\r\n".join([b"HTTP/1.1 " + lines[0], b"Content-Length: %d" % len(body),
                                        *lines[1:], b"", body]))
                peer.socket.settimeout(1)
                heard.append(peer.to_end())
            return play
        def wrong(accept: bytes, upgrade: bytes = b"websocket"):
            def play(peer, head):
                peer.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n%s\r\n"
                          % (upgrade, accept))
                heard.append(peer.to_end())
            return play
        def other(peer, head):
            accepts(peer, head.replace(b"Key: ", b"Key: x"))
            heard.append(peer.to_end())
        for name, play, code, text in (
                ("403", says(b"403 Forbidden", b"X-Why: 1"), "403", b"no"),
                ("426", says(b"426 Upgrade Required"), "426", b"no"), ("302", says(b"302 Found"), "302", b"no"),
                ("200", says(b"200 OK"), "502", b"any other request"),
                ("204", lambda peer, head: peer.send(b"HTTP/1.1 204 No\r\n\r\n") or heard.append(peer.to_end()),
                 "502", b"any other request"),
                ("no accept", wrong(b""), "502", b"handshake is not valid"),
                ("another key", other, "502", b"handshake is not valid"),
                ("another protocol", wrong(b"Sec-WebSocket-Accept: x\r\n", b"h2c"), "502", b"handshake is not valid"),
                ("gone", lambda peer, head: heard.append(b"") or False, "502", b"no answer came")):
            with self.subTest(name):
                self.play("/takes-not", play)
                heard.clear()
                talk, stream = self.opens("/takes-not")
                talk.send(stream, b"\x81\x80abcd")
                found, body, how = talk.finish(stream)
                self.assertEqual((found, how), (code, "end"), body)
                self.assertIn(text, body)
                talk.send(stream, b"\x81\x80abcd" * 100)
                self.assertTrue(self.proxy.wait_for(lambda: heard, 5))
                self.assertEqual(heard[0].replace(b"RESET", b""), b"", "frames went to a server that has no WebSocket")
        self.lives()

    def test_a_server_of_http2_alone_is_not_asked(self):
        talk, stream = self.opens("/ws", port=at.FRAMES.port)
        self.assertEqual(talk.finish(stream)[0::2], ("502", "end"))

    def test_a_server_of_both_is_asked_for_http1(self):
        def says_hello(server, stream):
            server.h2.send_headers(stream, [(":status", "200")], end_stream=True)
        STREAMS["/first"] = STREAMS["/both"] = says_hello
        self.play("/both", lambda peer, head: accepts(peer, head) or peer.send(frame(0x81, b"hello")))
        talk = self.talk(port=self.either.port)
        first = talk.ask(fields("/first", port=self.either.port))
        self.assertEqual(talk.finish(first)[0::2], ("200", "end"))
        asked = fields("/both", method="CONNECT", port=self.either.port)
        stream = talk.ask([(":protocol", "websocket"), *asked], False)
        self.assertEqual(talk.finish(stream), ("200", frame(0x81, b"hello"), "end"))


if __name__ == "__main__":
    unittest.main()
