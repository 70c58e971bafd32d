"""A small HTTP/2 client that sends what it is told, however wrong."""

from __future__ import annotations

import contextlib

import h2.config
import h2.connection
import h2.events
import h2.exceptions


def ask(client, fields, body: bytes | None = None, trailers=None,
        before=None) -> tuple[str, bytes]:
    """The status and body of the answer; "closed" when the proxy hangs up instead. `before` is
    asked first, on the same connection."""
    config = h2.config.H2Configuration(
        client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
        normalize_outbound_headers=False)
    connection = h2.connection.H2Connection(config)
    connection.initiate_connection()
    if before:
        connection.send_headers(1, before, end_stream=True)
        first = answer(client, connection, 1)
        if first[0] != "200":
            return first
    stream = 3 if before else 1
    ends = body is None and trailers is None
    connection.send_headers(stream, [(k, v) for k, v in fields], end_stream=ends)
    if body is not None:
        connection.send_data(stream, body, end_stream=trailers is None)
    if trailers is not None:
        connection.send_headers(stream, trailers, end_stream=True)
    return answer(client, connection, stream)


def answer(client, connection, stream: int) -> tuple[str, bytes]:
    status, text = "closed", b""
    with contextlib.suppress(OSError, h2.exceptions.ProtocolError):
        client.socket.sendall(connection.data_to_send())
        while data := client.socket.recv(65536):
            for event in connection.receive_data(data):
                if getattr(event, "stream_id", stream) not in (stream, 0):
                    continue
                if isinstance(event, h2.events.ResponseReceived):
                    status = dict(event.headers)[":status"]
                elif isinstance(event, h2.events.DataReceived):
                    text += event.data
                elif isinstance(event, h2.events.StreamReset):
                    return "closed", text
                elif isinstance(event, (h2.events.StreamEnded, h2.events.ConnectionTerminated)):
                    return status, text
            client.socket.sendall(connection.data_to_send())
    return status, text
