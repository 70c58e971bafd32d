"""What mitmproxy (8.1 to 12) leaves open, mended in its classes; each was seen with a real client.

Where a later version has mended something itself, ours does nothing. Layers are generators that are
sent replies, so what stands around one of them must pass these on (`yield from` does).
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import h11
import h2.errors
import h2.events
import wsproto.events
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from mitmproxy import certs
from mitmproxy.net import tls as net_tls
from mitmproxy.proxy import commands, events, server
from mitmproxy.proxy.layers import http, tls, websocket
from mitmproxy.proxy.layers.http import _http1, _http2
from mitmproxy.proxy.layers.http._events import (RequestData, RequestHeaders, RequestProtocolError, ResponseData,
                                                 ResponseEndOfMessage)
from OpenSSL import crypto

import json_body
import redact
from journal import Budget

_LONGEST_HEAD = 256 * 1024
_RESETS, _RESETS_A_SECOND = 200, 20.0
_TOO_LONG = (b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n"
             b"Connection: close\r\n\r\n")
# RFC 9110 section 15.2: answers that come before the answer. 101 is one to the request itself.
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n")

# Of a flow whose answer is read whole: how much more of it is kept, below 0 where it was longer.
OVER, PIECES = "agent_sandbox_over", "agent_sandbox_pieces"

_http2_clients: "weakref.WeakSet[Any]" = weakref.WeakSet()

# For each client whose WebSocket carries a secret: what must not come back in control frames.
websocket_secrets: dict[str, tuple[bytes, ...]] = {}


def mend(tell: Callable[[], None]) -> None:
    _drop_crashed(tell)
    _http1.ChunkedReader = _WithoutTrailers
    _wrap(_http1.Http1Server, "read_headers", _bounded_head)
    _wrap(_http1.Http1Client, "read_headers", _without_interim)
    _wrap(_http1.Http1Client, "send", _chunked)
    _wrap(_http2.Http2Client, "handle_h2_event", _final_only)
    _wrap(_http2.Http2Server, "handle_h2_event", _few_resets)
    _wrap(http.HttpStream, "state_wait_for_request_headers", _as_it_came)
    _wrap(http.HttpStream, "state_wait_for_response_headers", _response_ends)
    _wrap(http.HttpStream, "state_consume_request_body", _discarded_when_refused)
    _wrap(http.HttpStream, "state_stream_request_body", _broken_off)
    _wrap(http.HttpStream, "state_stream_response_body", _broken_off)
    _wrap(http.HttpStream, "state_consume_response_body", _bounded_answer)
    _wrap(getattr(tls, "TLSLayer", None) or tls._TLSLayer, "receive_data", _closed_on_alert)
    _wrap(websocket.WebsocketConnection, "send2", _scrubbed)
    certs.dummy_cert = _naming_its_issuer(certs.dummy_cert)


def _wrap(owner: Any, name: str, around: Callable[..., Any]) -> None:
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(self: Any, event: Any) -> Any:
        return around(self, event, real)

    setattr(owner, name, wrapped)


def _drop_crashed(tell: Callable[[], None]) -> None:
    """mitmproxy logs that the handler of a connection raised, and goes on feeding it: one client
    gets a traceback for each packet. Such a connection ends."""
    kinds = [server.ConnectionHandler]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
        if "log" in vars(kind):
            kind.log = _dropping(kind.log, tell)


def _dropping(log: Callable[..., None], tell: Callable[[], None]) -> Callable[..., None]:
    @functools.wraps(log)
    def logged(self: Any, message: str, *arguments: Any, **more: Any) -> None:
        log(self, message, *arguments, **more)
        if message.startswith("mitmproxy has crashed"):
            tell()
            for transport in list(self.transports.values()):
                if transport.handler:
                    transport.handler.cancel("crashed")

    return logged


# HTTP/1.


class _WithoutTrailers(_http1.ChunkedReader):
    """mitmproxy raises at a trailer, and the message never ends. A proxy may drop them (RFC 9110
    section 6.5.1)."""

    def __call__(self, buffer: Any) -> Any:
        event = super().__call__(buffer)
        return h11.EndOfMessage() if isinstance(event, h11.EndOfMessage) else event


def _bounded_head(self: Any, event: Any, real: Any) -> Iterator[Any]:
    if isinstance(event, events.DataReceived) and len(self.buf) > _LONGEST_HEAD and (
            b"\r\n\r\n" not in bytes(self.buf)):
        self.state = self.done
        yield commands.SendData(self.conn, _TOO_LONG)
        yield commands.CloseConnection(self.conn)
        return
    yield from real(self, event)


def _without_interim(self: Any, event: Any, real: Any) -> Iterator[Any]:
    """mitmproxy takes 103 for the answer, and the answer for data that nobody asked for."""
    if isinstance(event, events.DataReceived) and self.request:
        while found := _INTERIM.match(bytes(self.buf)):
            self.buf.maybe_extract_at_most(found.end())
        if len(self.buf) > _LONGEST_HEAD and b"\r\n\r\n" not in bytes(self.buf):
            raise ValueError("the head of an answer has no end")
    yield from real(self, event)


def _chunked(self: Any, event: Any, real: Any) -> Iterator[Any]:
    """A body from HTTP/2 whose length nobody said."""
    if isinstance(event, RequestHeaders) and event.request.is_http2 and not event.end_stream and (
            "content-length" not in event.request.headers):
        request = event.request.copy()
        request.headers["Transfer-Encoding"] = "chunked"
        event = dataclasses.replace(event, request=request)
    yield from real(self, event)


# HTTP/2.


def _final_only(self: Any, event: Any, real: Any) -> Iterator[Any]:
    if isinstance(event, h2.events.InformationalResponseReceived):
        return False
    return (yield from real(self, event))


def _few_resets(self: Any, event: Any, real: Any) -> Iterator[Any]:
    """Streams that are opened to be reset: each is decided, and none costs the client anything."""
    _http2_clients.add(self)
    if isinstance(event, h2.events.StreamReset):
        budget = vars(self).setdefault("resets", Budget(_RESETS, _RESETS_A_SECOND))
        if not budget.take():
            yield from self.protocol_error("too many resets",
                                           h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
            return True
    return (yield from real(self, event))


def _as_it_came(self: Any, event: Any, real: Any) -> Iterator[Any]:
    """mitmproxy forgets that there was an authority before any hook runs; and what comes behind the head of a
    CONNECT that was refused it takes for another head, and fails."""
    if not isinstance(event, RequestHeaders):
        return
    event.request.ends = event.end_stream
    event.request.absolute = bool(event.request.data.authority)
    yield from real(self, event)


def _response_ends(self: Any, event: Any, real: Any) -> Iterator[Any]:
    event.response.ends = event.end_stream
    yield from real(self, event)


def _discarded_when_refused(self: Any, event: Any, real: Any) -> Iterator[Any]:
    """mitmproxy would hold the body of a refused request in memory until it ends, or all of one that is read
    whole, and is longer than that may be."""
    too_long = len(self.request_body_buf) > json_body.LONGEST
    if not (isinstance(event, RequestData) and (self.flow.response or too_long)):
        yield from real(self, event)


def _broken_off(self: Any, event: Any, real: Any) -> Iterator[Any]:
    """mitmproxy does not look whether a flow was killed while it streams."""
    yield from real(self, event)
    if self.flow.error and self.flow.error.msg == self.flow.error.KILLED_MESSAGE:
        yield http.SendHttp(RequestProtocolError(self.stream_id, "cut"), self.context.server)
        yield from self.check_killed(False)


def _bounded_answer(self: Any, event: Any, real: Any) -> Iterator[Any]:
    """Of an answer that is read whole: mitmproxy would copy all of it for each piece, however long it is."""
    left = self.flow.metadata.get(OVER)
    if left is None:
        yield from real(self, event)
        return
    pieces = self.flow.metadata.setdefault(PIECES, [])
    if isinstance(event, ResponseData):
        self.flow.metadata[OVER] = left = left - len(event.data)
        if left >= 0:
            pieces.append(event.data)
        return
    if isinstance(event, ResponseEndOfMessage):
        self.response_body_buf = b"".join(pieces)
        pieces.clear()
    yield from real(self, event)


def unread() -> int:
    """Bytes that wait for clients of HTTP/2 to have room for them."""
    return sum(len(one.data) for client in list(_http2_clients)
               for waiting in list(client.h2_conn.stream_buffers.values()) for one in waiting)


def never_again(server: Any) -> None:
    """No further request finds it: an open connection's address is what it is found by, and mitmproxy
    forbids to set that."""
    vars(server)["address"] = None


# TLS and WebSocket.


def _closed_on_alert(self: Any, event: Any, real: Any) -> Iterator[Any]:
    """After a fatal alert, such as that a certificate is wanted, nothing more comes; mitmproxy logs
    it and waits."""
    generator, reply, failed = real(self, event), None, False
    while True:
        try:
            command = generator.send(reply)
        except StopIteration:
            break
        failed = failed or isinstance(command, commands.Log) and (
            command.message.startswith("TLS Error"))
        reply = yield command
    if failed:
        yield commands.CloseConnection(self.conn)


def _scrubbed(self: Any, event: Any, real: Any) -> Any:
    forms = websocket_secrets.get(self.conn.id)
    if forms and isinstance(event, (wsproto.events.Ping, wsproto.events.Pong)):
        event = dataclasses.replace(event, payload=redact.scrub(bytes(event.payload), forms))
    elif forms and isinstance(event, wsproto.events.CloseConnection) and event.reason:
        reason = redact.scrub(event.reason.encode("utf-8"), forms).decode("utf-8", "replace")
        event = dataclasses.replace(event, reason=reason)
    return real(self, event)


# Certificates.

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def trust_more(tlsconfig: Any, certificates_for: Callable[[str], str]) -> None:
    """mitmproxy has one set of authorities for all servers. certificates_for says in PEM which others count
    for a name; contexts are kept by that."""
    real_start, real_make = tlsconfig.tls_start_server, net_tls.create_proxy_server_context
    make_anew = real_make.__wrapped__
    towards: list[str] = []

    @functools.lru_cache(16)
    def made(certificates: str, arguments: tuple[tuple[str, Any], ...]) -> Any:
        context = make_anew(**dict(arguments))
        for one in _CERTIFICATE.findall(certificates):
            found = x509.load_pem_x509_certificate(one.encode("ascii", "replace"))
            context.get_cert_store().add_cert(crypto.X509.from_cryptography(found))
        return context

    def make(**arguments: Any) -> Any:
        certificates = certificates_for(towards[-1]) if towards else ""
        return made(certificates, tuple(sorted(arguments.items()))) if certificates else real_make(**arguments)

    def start(tls_start: Any) -> None:
        server = tls_start.conn
        towards.append(server.sni or server.address[0])
        try:
            real_start(tls_start)
        finally:
            towards.pop()

    tlsconfig.tls_start_server = start
    net_tls.create_proxy_server_context = make


def authorities(options: Any) -> tuple[str | None, str | None]:
    """The file and the folder of those that mitmproxy verifies servers by."""
    file, folder = (options.ssl_verify_upstream_trusted_ca, options.ssl_verify_upstream_trusted_confdir)
    return (file, folder) if file or folder else (certifi.where(), None)


def _naming_its_issuer(real: Callable[..., certs.Cert]) -> Callable[..., certs.Cert]:
    """Without an Authority Key Identifier Python 3.13 refuses a certificate, and OpenSSL cannot
    tell which of two CAs of one name has signed it."""

    @functools.wraps(real)
    def made(key: Any, issuer: x509.Certificate, *arguments: Any, **more: Any) -> certs.Cert:
        cert = real(key, issuer, *arguments, **more)
        made = x509.load_pem_x509_certificate(cert.to_pem())
        if any(one.oid == x509.AuthorityKeyIdentifier.oid for one in made.extensions):
            return cert
        # cryptography has them with a zone from 42 on, and warns of those without one.
        start = getattr(made, "not_valid_before_utc", None) or made.not_valid_before
        end = getattr(made, "not_valid_after_utc", None) or made.not_valid_after
        builder = (x509.CertificateBuilder().subject_name(made.subject).issuer_name(made.issuer)
                   .public_key(made.public_key()).serial_number(made.serial_number)
                   .not_valid_before(start).not_valid_after(end))
        for extension in made.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        named = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
        return certs.Cert(builder.add_extension(named, False).sign(key, hashes.SHA256()))

    return made


# What bin/publish-ca reads: there is none before it is the one that signs.
PUBLISHED = "agent-sandbox-ca.pem"


def own_ca(tlsconfig: Any, options: Any, sandbox: str) -> None:
    """mitmproxy's CA has the same name on every host. Where another one of it is trusted, OpenSSL
    finds that first, and nothing can be verified; so ours is named after the sandbox, and one that
    mitmproxy made before is replaced. Its certificate is then left as PUBLISHED in the confdir:
    mitmproxy's own file there is another CA's for a moment at the first start."""
    name = f"agent-sandbox {sandbox}"[:64]
    confdir = Path(os.path.expanduser(options.confdir))
    if tlsconfig.certstore.default_ca.cn != name:
        fresh = confdir / "new"
        certs.CertStore.create_store(fresh, "mitmproxy", options.key_size, "agent-sandbox", name)
        for file in sorted(fresh.iterdir()):
            file.replace(confdir / file.name)
        fresh.rmdir()
        tlsconfig.certstore = certs.CertStore.from_store(confdir, "mitmproxy", options.key_size)
    written = confdir / (PUBLISHED + ".new")
    written.write_bytes(tlsconfig.certstore.default_ca.to_pem())
    written.replace(confdir / PUBLISHED)
