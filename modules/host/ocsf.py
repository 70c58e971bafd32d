"""logs --ocsf: each line of the log as an event of the Open Cybersecurity Schema Framework (ocsf.io), 1.8.0."""

import calendar
import ipaddress
import json
import re

VERSION = "1.8.0"
# Class, its category and its attributes' own words: schema.ocsf.io/1.8.0.
BASE, HTTP, NETWORK, DNS, SSH, LIFECYCLE = 0, 4002, 4001, 4003, 4007, 6002
METHODS = {"CONNECT": 1, "DELETE": 2, "GET": 3, "HEAD": 4, "OPTIONS": 5, "POST": 6, "PUT": 7, "TRACE": 8, "PATCH": 9}
OPEN, REFUSE, TRAFFIC, QUERY, START, STOP, OTHER = 1, 5, 6, 1, 3, 4, 99
INFORMATIONAL, LOW, MEDIUM = 1, 2, 3
# action_id and disposition_id of the profile security_control: Allowed, Denied and Blocked, Observed and Logged.
VERDICTS = {"allow": (1, 1), "deny": (2, 2), "audit": (3, 17)}
WHEN = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,3}))?")


def milliseconds(text):
    """Of a time of the log's or journalctl's, both UTC; 0 where it is none."""
    found = WHEN.match(text) if isinstance(text, str) else None
    if not found or not 1 <= int(found[2]) <= 12:
        return 0
    return calendar.timegm(tuple(map(int, found.groups()[:6]))) * 1000 + int(((found[7] or "") + "000")[:3])


def time_of(said):
    """Of its member, which is then told."""
    when = milliseconds(said.get("time"))
    if when:
        del said["time"]
    return when


def finite(word):
    number = float(word)
    return number if abs(number) < float("inf") else word


def read(text):
    """What a line says: an object, of texts that UTF-8 can spell and of numbers that JSON can."""
    try:
        said = json.loads(text, parse_constant=str, parse_float=finite)
        if re.search(r"\\u[dD][89a-fA-F]", text):  # halves of a pair
            said = json.loads(json.dumps(said, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        return {"line": text}
    return said if isinstance(said, dict) else {"line": said}


class Ocsf:
    """sandbox: its name."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def line(self, at, text):
        """The event of a line, as JSON; at: what journalctl says of its time."""
        return json.dumps(self.event(at, text), ensure_ascii=True)

    def event(self, at, text):
        if not text.startswith("{"):
            return self.packet(at, text)
        said = read(text)
        when = time_of(said) or milliseconds(at)
        kind = said.pop("event", None)
        kind = kind if isinstance(kind, str) else "unknown"
        made = KINDS.get(kind, Ocsf.other)(self, said, kind)
        return self.whole(made, when, said)

    def whole(self, made, when, rest):
        """What every event has; and what no attribute of it takes, in unmapped."""
        number = made["class_uid"] * 100 + made["activity_id"]
        metadata = {"version": VERSION, "product": {"name": "agent-sandbox", "vendor_name": "agent-sandbox"}, "log_name": self.sandbox}
        chain = rest.get("chain")
        parts = chain.split() if isinstance(chain, str) else []
        if len(parts) == 3 and parts[1].isascii() and parts[1].isdigit():
            metadata["uid"] = " ".join(parts[:2])
            if int(parts[1]) < 1 << 31:
                metadata["sequence"] = int(parts[1])
        if "action_id" in made:
            metadata["profiles"] = ["security_control"]
        found = {**made, "type_uid": number, "time": when, "metadata": metadata}
        found.setdefault("severity_id", INFORMATIONAL)
        if rest:
            found["unmapped"] = rest
        return found

    # -- kinds --

    def base(self, class_uid, activity_id, **more):
        return {"class_uid": class_uid, "category_uid": class_uid // 1000, "activity_id": activity_id, **more}

    def verdict(self, said):
        """Of the profile security_control."""
        word = said.get("verdict")
        action, disposition = VERDICTS.get(word, (0, 0)) if isinstance(word, str) else (0, 0)
        if action:
            del said["verdict"]
        found = {"action_id": action, "disposition_id": disposition, "severity_id": INFORMATIONAL if action == 1 else LOW}
        rule = said.get("rule")
        if isinstance(rule, int):
            found["firewall_rule"] = {"uid": str(said.pop("rule"))}
        reason = take(said, "reason")
        if reason:
            found["status_detail"] = reason
        return found

    def endpoints(self, said):
        """From the sandbox to a host; where there is none, from the sandbox alone."""
        host, port = take(said, "host"), port_of(said)
        to = {**address(host), **({"port": port} if port is not None else {})} if host else {}
        return {"src_endpoint": {"name": self.sandbox}, **({"dst_endpoint": to} if to else {})}

    def decision(self, said, _):
        if said.get("scheme") in ("tcp", "tls"):
            return self.tunnel(said)
        method = take(said, "method") if said.get("method") in list(METHODS) else None
        path, scheme = take(said, "path"), take(said, "scheme")
        more = {**self.verdict(said), **self.endpoints(said)}
        to = more.get("dst_endpoint", {})
        url = {"path": path or "", **({"scheme": scheme} if scheme else {}),
               **({"hostname": to.get("hostname") or to["ip"]} if to else {}), **({"port": to["port"]} if "port" in to else {})}
        activity = METHODS.get(method, OTHER)
        request = {"url": url, **({"http_method": method} if method else {})}
        return self.base(HTTP, activity, activity_name=method or "Other", http_request=request, **more)

    def tunnel(self, said):
        scheme, _ = take(said, "scheme"), said.pop("method", None)
        more = {**self.verdict(said), **self.endpoints(said)}
        name = {"app_protocol_name": "tls"} if scheme == "tls" else {}
        return self.base(NETWORK, REFUSE if more["action_id"] == 2 else OPEN, connection_info=outbound("tcp"), **name, **more)

    def traffic(self, said, _):
        out, into = count_of(said, "sent"), count_of(said, "received")
        return self.base(NETWORK, TRAFFIC, traffic={"bytes_out": out, "bytes_in": into, "bytes": out + into},
                         connection_info=outbound("tcp"), **self.endpoints(said))

    def name(self, said, _):
        return self.base(DNS, QUERY, query={"hostname": take(said, "host") or ""}, src_endpoint={"name": self.sandbox})

    def ssh(self, said, _):
        more = {**self.verdict(said), **self.endpoints(said)}
        login = said.get("asked") == "login"
        activity = REFUSE if more["action_id"] == 2 else OPEN if login else OTHER
        name = {} if activity != OTHER else {"activity_name": take(said, "asked") or "unknown"}
        return self.base(SSH, activity, auth_type_id=6, **name, **more)

    def packet(self, at, text):
        """The firewall's, of the kernel."""
        fields = dict(re.findall("([A-Z]+)=([^ ]*)", text))
        source, to = address(fields.pop("SRC", "") or self.sandbox), address(fields.pop("DST", "") or "unknown")
        for one, key in ((source, "SPT"), (to, "DPT")):
            port = port_of({"port": int(fields[key])}) if fields.get(key, "").isascii() and fields.get(key, "").isdigit() else None
            if port is not None:
                one["port"] = port
                del fields[key]
        protocol = fields.pop("PROTO", "").lower()
        return self.whole(self.base(
            NETWORK, REFUSE, action_id=2, disposition_id=2, severity_id=MEDIUM, src_endpoint=source, dst_endpoint=to,
            connection_info=outbound(protocol), status_detail="the firewall"), milliseconds(at), fields)

    def started(self, said, kind):
        return self.base(LIFECYCLE, START if kind != "fatal" else STOP, app={"name": "agent-sandbox-proxy"}, **self.why(said))

    def session(self, said, _):
        return self.base(LIFECYCLE, STOP if "code" in said else START, app={"name": take(said, "command") or "session"})

    def why(self, said):
        message = take(said, "error") or take(said, "text") or take(said, "what")
        return {"message": message, "severity_id": MEDIUM} if message else {}

    def other(self, said, kind):
        return self.base(BASE, OTHER, activity_name=kind, **self.why(said))


KINDS = {"decision": Ocsf.decision, "traffic": Ocsf.traffic, "name": Ocsf.name, "ssh": Ocsf.ssh, "session": Ocsf.session,
         "ready": Ocsf.started, "resolver-ready": Ocsf.started, "fatal": Ocsf.started}


def take(said, key):
    """A text, which is then told; anything else stays where it is."""
    return said.pop(key) if isinstance(said.get(key), str) else None


def port_of(said):
    port = said.get("port")
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        return None
    return said.pop("port")


def count_of(said, key):
    count = said.get(key)
    return said.pop(key) if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 1 << 62 else 0


def address(host):
    try:
        return {"ip": str(ipaddress.ip_address(host))}
    except ValueError:
        return {"hostname": host}


def outbound(protocol):
    return {"direction_id": 2, **({"protocol_name": protocol} if protocol else {})}

