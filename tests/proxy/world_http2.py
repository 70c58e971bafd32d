"""A server that speaks HTTP/2 alone, as gRPC's do: it says back what it saw, with trailers."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time

import h2.config
import h2.connection
import h2.events


class Http2Server:
    def __init__(self, address: str, certificate: str, key: str) -> None:
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.tls.set_alpn_protocols(["grpc-exp", "h2"])
        self.socket = socket.create_server((address, 0), backlog=16)
        self.port = self.socket.getsockname()[1]
        self.requests: list[dict] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        config = h2.config.H2Configuration(client_side=False, header_encoding="latin-1")
        spoken = h2.connection.H2Connection(config)
        streams: dict[int, dict] = {}
        with contextlib.suppress(OSError), self.tls.wrap_socket(connection, True) as tls:
            spoken.initiate_connection()
            tls.sendall(spoken.data_to_send())
            while data := tls.recv(65536):
                for event in spoken.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        streams[event.stream_id] = {"fields": dict(event.headers), "seen": 0,
                                                    "alpn": tls.selected_alpn_protocol()}
                        self.requests.append(streams[event.stream_id])
                    elif isinstance(event, h2.events.DataReceived):
                        record = streams[event.stream_id]
                        record.setdefault("first", time.monotonic())
                        record["seen"] += len(event.data)
                        spoken.acknowledge_received_data(event.flow_controlled_length,
                                                         event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        self._answer(spoken, event.stream_id, streams[event.stream_id])
                tls.sendall(spoken.data_to_send())

    def _answer(self, spoken: h2.connection.H2Connection, stream: int, record: dict) -> None:
        if record["fields"][":path"].endswith("/refused"):  # "Trailers-Only"
            spoken.send_headers(stream, [(":status", "200"), ("grpc-status", "5")], end_stream=True)
            return
        spoken.send_headers(stream, [(":status", "200")])
        spoken.send_data(stream, b"%d" % record["seen"])
        spoken.send_headers(stream, [("grpc-status", "0")], end_stream=True)

    def close(self) -> None:
        self.socket.close()
