"""How one logs in to a remote MCP server, as the server says it (MCP 2025-06-18, authorization): its protected resource's
metadata (RFC 9728), its authorization server's (RFC 8414), and a client registered there and then (RFC 7591). What is found is
taken as a stranger's word: tokens are asked for where the reviewed policy says, or not at all."""

import json
import re
import urllib.parse

import oauth
from login_data import TEXT, URL
from say import Failed, printable

PROBE = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
         "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "agent-sandbox", "version": "1"}}}
LONGEST_SCOPE = 1000


def completed(login, way=None):
    """The login with authorize, as oauth.Code wants it, and "register", where a client is registered."""
    resource = login["resource"]
    issuer, scope = authorization_server(resource, way)
    found = metadata_of(issuer, way)
    token = login["token"][0]["url"]
    if found["token_endpoint"] != token:
        raise Failed(f"{host_of(resource)} has its tokens from {printable(found['token_endpoint'])[:200]}, and the spec's login says "
                     f"{token}: nothing was asked there")
    if "S256" not in listed(found, "code_challenge_methods_supported"):
        raise Failed(f"{host_of(issuer)} takes no login with PKCE (S256), which one to an MCP server needs")
    client = login.get("client", "")
    register = found.get("registration_endpoint")
    if not client and not is_url(register):
        raise Failed(f"{host_of(issuer)} registers no clients by itself: give the spec's login the \"client_id\" that it knows")
    own = {"url": found["authorization_endpoint"], "client": client, "scope": login.get("scope") or scope,
           "redirect": "http://127.0.0.1/callback"}
    return {**login, "authorize": own, **({} if client else {"register": register})}


def host_of(url):
    return printable(urllib.parse.urlsplit(url).hostname or url)[:200]


def is_url(value):
    return isinstance(value, str) and len(value) <= 500 and URL.fullmatch(value) is not None


def listed(found, key):
    value = found.get(key)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


# -- whose tokens it takes --


def authorization_server(resource, way):
    """(its issuer, the scope that is asked for)"""
    data = json.dumps(PROBE).encode()
    fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    status, _, challenge = oauth.ask_whole("POST", resource, fields, data, way)
    if status < 400:
        raise Failed(f"{host_of(resource)} answers without a login ({status})")
    for url in places(resource, challenge):
        status, found = oauth.ask("GET", url, {}, way=way)
        if status != 200 or not found:
            continue
        if not covers(found.get("resource"), resource):
            raise Failed(f"{host_of(url)} speaks for another server than {resource}")
        servers = [one for one in listed(found, "authorization_servers") if is_url(one)]
        if servers:
            return servers[0], scope_of(challenge) or joined(listed(found, "scopes_supported"))
    parts = urllib.parse.urlsplit(resource)  # as before RFC 9728: MCP 2025-03-26
    return f"https://{parts.netloc}", ""


def places(resource, challenge):
    """Where its metadata may stand, the likeliest first."""
    parts = urllib.parse.urlsplit(resource)
    said = re.search(r'resource_metadata="([^"]{1,500})"', challenge)
    root = f"https://{parts.netloc}/.well-known/oauth-protected-resource"
    found = [said[1]] if said and is_url(said[1]) else []
    return list(dict.fromkeys([*found, root + parts.path, root]))


def covers(said, resource):
    """RFC 9728, 3.3: the same, or what the resource lies below; else anybody's metadata would do."""
    if not is_url(said):
        return False
    one, other = urllib.parse.urlsplit(said), urllib.parse.urlsplit(resource)
    path = one.path.rstrip("/")
    return one.netloc.lower() == other.netloc.lower() and (other.path == path or other.path.startswith(path + "/") or other.path == one.path)


def scope_of(challenge):
    said = re.search(r'\bscope="([^"]{1,1000})"', challenge)
    return said[1] if said and TEXT.fullmatch(said[1][:500]) else ""


def joined(scopes):
    text = " ".join(one for one in scopes if re.fullmatch(r"[!#-\[\]-~]{1,200}", one))
    return text if len(text) <= LONGEST_SCOPE else ""


# -- what its authorization server says of itself --


def metadata_of(issuer, way):
    parts = urllib.parse.urlsplit(issuer)
    root, path = f"https://{parts.netloc}", parts.path.rstrip("/")
    urls = [f"{root}/.well-known/oauth-authorization-server{path}", f"{root}/.well-known/openid-configuration{path}",
            f"{root}{path}/.well-known/openid-configuration"]
    for url in dict.fromkeys(urls):
        status, found = oauth.ask("GET", url, {}, way=way)
        if status != 200 or not found:
            continue
        said = found.get("issuer")
        if not isinstance(said, str) or said.rstrip("/") != issuer.rstrip("/"):  # RFC 8414, 3.3
            raise Failed(f"{host_of(url)} speaks for another authorization server than {printable(issuer)[:200]}")
        if not is_url(found.get("authorization_endpoint")) or not is_url(found.get("token_endpoint")):
            raise Failed(f"{host_of(url)} does not say where one logs in, or where tokens are had")
        return found
    raise Failed(f"{host_of(issuer)} does not say how one logs in (RFC 8414)")


def register(url, redirect, scope, way=None):
    """(client_id, client_secret or "") of a client that is made for this login."""
    asked = {"client_name": "agent-sandbox", "redirect_uris": [redirect], "grant_types": ["authorization_code", "refresh_token"],
             "response_types": ["code"], "token_endpoint_auth_method": "none", **({"scope": scope} if scope else {})}
    status, said = oauth.post(url, asked, way=way)
    client, secret = said.get("client_id"), said.get("client_secret", "")
    if status not in (200, 201) or not isinstance(client, str) or not TEXT.fullmatch(client) or not isinstance(secret, str):
        raise Failed(oauth.refusal(host_of(url), status, said))
    return client, secret if TEXT.fullmatch(secret) else ""
