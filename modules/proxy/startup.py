"""mitmproxy's options as this add-on needs them; anything else stops the proxy at start.

Each required value closes a way around the add-on. All other options must stand at their default,
save the harmless ones listed, so that an option that a later version brings cannot open one.
"""

from __future__ import annotations

from typing import Any

REQUIRED: dict[str, Any] = {
    "connection_strategy": "lazy",  # eager connects before any rule was asked
    "upstream_cert": False,  # else a ClientHello goes out to copy the certificate, even when lazy
    "rawtcp": False,  # TCP that is not HTTP would pass undecided
    "onboarding": False,  # the proxy's own web page
    "flow_detail": 0,  # prints URLs, and with them secrets injected into a query
    "ssl_insecure": False,
    "validate_inbound_headers": True,
}
# Required too, but of another type in some version: 8 has one mode, 9 and later a list.
_MODES: tuple[Any, ...] = ("regular", ["regular"], ("regular",))
# At "info" mitmproxy logs pieces of messages, among them echoed secrets.
_QUIET = ("error", "warn")
_FREE = frozenset((
    "confdir", "listen_host", "listen_port", "scripts", "sandbox_policy", "sandbox_control", "sandbox_grants", "mode",
    "termlog_verbosity", "http2", "key_size", "tcp_timeout", "ciphers_client", "ciphers_server",
    "ssl_verify_upstream_trusted_ca", "ssl_verify_upstream_trusted_confdir",
    "tls_version_client_min", "tls_version_client_max", "tls_version_server_min",
    "tls_version_server_max", "tls_ecdh_curve_client", "tls_ecdh_curve_server",
))

# mitmproxy's own add-ons that do nothing while their options stand at their defaults (problems()
# sees to that). mitmproxy asks each of them at each step of each request all the same.
_IDLE = (
    "anticache", "anticomp", "blocklist", "browser", "commandhistory", "comment", "cut",
    "dumper", "export", "maplocal", "mapremote", "modifybody", "modifyheaders", "onboarding",
    "proxyauth", "readfile", "save", "savehar", "serverplayback", "stickyauth", "stickycookie",
    "stripdnshttpsrecords", "updatealtsvc", "upstreamauth",
)


def drop_idle(addons: Any) -> None:
    for name in _IDLE:
        addon = addons.get(name)
        if addon is not None:
            addons.remove(addon)


def keep_script(addons: Any) -> None:
    """mitmproxy looks at the script's time each second. At a newer one (another generation is
    current) it loads it again, and what is known of the open connections is gone; when it is
    missing it goes on without. So the watching ends; new code comes with a new process."""
    for script in addons.get("scriptloader").addons:
        script.reloadtask.cancel()


def problems(options: Any) -> list[str]:
    """What is wrong with mitmproxy's options; nothing when the add-on holds under them."""
    names = set(options.keys())
    found = []
    for name, wanted in REQUIRED.items():
        if name not in names:
            found.append(f"option {name} does not exist in this version of mitmproxy")
        elif getattr(options, name) != wanted:
            found.append(f"option {name} must be {str(wanted).lower()}")
    if options.mode not in _MODES:
        found.append("option mode must be regular")
    if options.termlog_verbosity not in _QUIET:
        found.append("option termlog_verbosity must be warn or error")
    for name in sorted(names - _FREE - set(REQUIRED)):
        if options.has_changed(name):
            found.append(f"option {name} must not be set")
    return found


def listening(proxyserver: Any) -> bool:
    """Whether the port is open: version 8 keeps running_servers, 9 and later an instance each."""
    servers = getattr(proxyserver, "servers", None)
    if servers is not None:
        return any(bool(server.listen_addrs) for server in servers)
    return bool(getattr(proxyserver, "running_servers", ()))
