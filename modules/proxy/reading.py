"""A request as mitmproxy has read it: what is asked, and of whom. What may be read in two ways is refused."""

from __future__ import annotations

import functools

from mitmproxy import http

import aws
import credentials
import headers
import policy
from refusals import Refused, check_special_use
from target import DEFAULT_PORTS, parse_authority, parse_name, parse_target

HTTP2 = b"HTTP/2.0"
_VERSIONS = (b"HTTP/1.0", b"HTTP/1.1", HTTP2)
# Offers that a server may pass over, and curl makes on its own.
_IGNORED_UPGRADES = {b"h2c"}

Place = tuple[str, int]  # a host and port


def tunnel_target(flow: http.HTTPFlow) -> Place:
    """Of a CONNECT."""
    request = flow.request.data
    if request.method != b"CONNECT" or request.http_version not in _VERSIONS[:2]:
        raise Refused("CONNECT is not well formed")
    if flow.client_conn.tls_established:
        raise Refused("TLS to the proxy itself is not spoken here")
    return parse_authority(request.authority.decode("latin-1"), None)


def read(flow: http.HTTPFlow, tunnel: Place | None, current: policy.Policy) -> tuple[policy.Request, headers.Named]:
    """tunnel: where the one goes in which it came."""
    data = flow.request.data
    names = headers.named(data.headers.fields)
    if data.http_version not in _VERSIONS:
        raise Refused("this version of HTTP is not spoken here")
    headers.check(names, data.http_version)
    scheme, host, port = _origin(flow, tunnel)
    _check_authority(flow, names, scheme, (host, port), tunnel is None)
    check_special_use(current, host)
    method = data.method.decode("latin-1")
    if method in policy.NO_METHODS:
        raise Refused(f"{method} is never let through")
    if not policy.METHOD.fullmatch(method):
        raise Refused("the method is not one of at most 20 capitals")
    websocket = headers.asks_for_websocket(names, data.method, data.http_version)
    if not websocket and headers.tokens(names, b"upgrade") - _IGNORED_UPGRADES:
        raise Refused("of the protocols to upgrade to, only websocket passes")
    target = parse_target(data.path)
    if headers.query_overrides_method(target.query):
        raise Refused("the query overrides the method")
    length = int(names.get(b"content-length", [b"0"])[0])
    return policy.Request(host, port, scheme, method, target, websocket, length), names


def _origin(flow: http.HTTPFlow, tunnel: Place | None) -> tuple[str, str, int]:
    """Where this request goes: the tunnel says so, or the absolute form of plain http."""
    tls = flow.client_conn.tls_established
    scheme = "https" if tls else "http"
    if flow.request.data.scheme != scheme.encode("ascii"):
        raise Refused("https goes through a CONNECT tunnel")
    if tunnel is None:
        if tls:
            raise Refused("TLS to the proxy itself is not spoken here")
        if not flow.request.absolute:  # mitmproxy would take the host from Host
            raise Refused("a request to the proxy names its host in the absolute form")
        return scheme, _ascii_name(flow.request.data.host), flow.request.data.port
    if (flow.request.data.host, flow.request.data.port) != tunnel:
        raise Refused("the request does not go where the tunnel goes")
    if tls and (flow.client_conn.sni or "").lower() != tunnel[0]:
        raise Refused("the TLS server name is not that of the tunnel")
    return scheme, *tunnel


def _check_authority(flow: http.HTTPFlow, names: headers.Named, scheme: str, place: Place, in_the_clear: bool) -> None:
    """Host, or :authority, names the host that is decided; exactly once."""
    hosts, version = names.get(b"host", []), flow.request.data.http_version
    if version == HTTP2:
        hosts = [flow.request.data.authority] + hosts
    elif flow.request.data.authority:
        raise Refused("the absolute form of a request inside a tunnel")
    elif not hosts and in_the_clear and version == b"HTTP/1.0":
        return  # RFC 9112 section 3.2.2: a proxy takes the host from the absolute form
    elif len(hosts) != 1:
        raise Refused("a request has exactly one Host header")
    usual = authority(scheme, *place)
    for host in hosts:
        if host != usual and parse_authority(host.decode("latin-1"), scheme) != place:
            raise Refused("the Host header is not that of the connection")


def has_body(flow: http.HTTPFlow, names: headers.Named) -> bool:
    return headers.has_body(names) or not flow.request.ends


def length_of_body(flow: http.HTTPFlow, names: headers.Named) -> int | None:
    """None: it does not say it."""
    if not has_body(flow, names):
        return 0
    lengths = names.get(b"content-length")
    return int(lengths[0]) if lengths else None


def check_hashed(prepared: credentials.Prepared, names: headers.Named) -> None:
    """That a body can be read whole for its signature."""
    lengths = names.get(b"content-length")
    if lengths and int(lengths[0]) <= aws.LONGEST_BODY:
        return
    (name,) = [one.name for one in prepared.due if one.slot.kind == "aws"]
    raise aws.AwsError(f"credential {name}: a body that is hashed here says its length, of at most 1 MiB; "
                       "let the client put UNSIGNED-PAYLOAD, or the hash of the body, into "
                       "X-Amz-Content-SHA256")


@functools.lru_cache(maxsize=1024)
def authority(scheme: str, host: str, port: int) -> bytes:
    return (host if DEFAULT_PORTS[scheme] == port else f"{host}:{port}").encode("ascii")


def _ascii_name(host: str) -> str:
    """mitmproxy decodes internationalised names; rules hold their ASCII form."""
    return parse_name(host if host.isascii() else host.encode("idna").decode("ascii"))
