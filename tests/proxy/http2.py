"""A small HTTP/2 client that sends what it is told, however wrong."""

from __future__ import annotations

import contextlib

import h2.config
import h2.connection
import h2.events
import h2.exceptions


class Spoken:
    """One connection, one request after the other."""

    def __init__(self, client) -> None:
        config = h2.config.H2Configuration(
            client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
            normalize_outbound_headers=False)
        self.client = client
        self.connection = h2.connection.H2Connection(config)
        self.connection.initiate_connection()
        self.stream = -1
        self.trailers = None
        self.pieces = 0  # of the last answer

    def ask(self, fields, body: bytes | None = None, trailers=None) -> tuple[str, bytes]:
        """The status and body of the answer; "closed" when the proxy hangs up instead."""
        self.stream += 2
        connection, stream = self.connection, self.stream
        ends = body is None and trailers is None
        connection.send_headers(stream, [(k, v) for k, v in fields], end_stream=ends)
        if body is not None:
            connection.send_data(stream, body, end_stream=trailers is None)
        if trailers is not None:
            connection.send_headers(stream, trailers, end_stream=True)
        return self.answer()

    def answer(self) -> tuple[str, bytes]:
        status, text = "closed", b""
        self.pieces = 0
        connection, stream = self.connection, self.stream
        with contextlib.suppress(OSError, h2.exceptions.ProtocolError):
            self.client.socket.sendall(connection.data_to_send())
            while data := self.client.socket.recv(65536):
                ended = False
                for event in connection.receive_data(data):
                    if getattr(event, "stream_id", stream) not in (stream, 0):
                        continue
                    if isinstance(event, h2.events.ResponseReceived):
                        status = dict(event.headers)[":status"]
                    elif isinstance(event, h2.events.DataReceived):
                        text += event.data
                        self.pieces += 1
                    elif isinstance(event, h2.events.TrailersReceived):
                        self.trailers = event.headers
                    elif isinstance(event, h2.events.StreamReset):
                        return "closed", text
                    elif isinstance(event, (h2.events.StreamEnded,
                                            h2.events.ConnectionTerminated)):
                        ended = True
                self.client.socket.sendall(connection.data_to_send())
                if ended:
                    return status, text
        return status, text


def ask(client, fields, body: bytes | None = None, trailers=None,
        before=None) -> tuple[str, bytes]:
    """`before` is asked first, on the same connection."""
    spoken = Spoken(client)
    if before:
        first = spoken.ask(before)
        if first[0] != "200":
            return first
    return spoken.ask(fields, body, trailers)
