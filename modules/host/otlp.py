"""logs --otlp: the log in OpenTelemetry's own form, as files have it: a line is a LogsData of opentelemetry-proto in
OTLP/JSON, with up to MOST records (opentelemetry.io/docs/specs/otel/protocol/file-exporter)."""

import json
import os

import ocsf
from say import Failed

MOST = 256
INFO, WARN, ERROR = (9, "INFO"), (13, "WARN"), (17, "ERROR")
# Attributes of the semantic conventions for HTTP; what else a line has is ours.
NAMED = {"method": "http.request.method", "scheme": "url.scheme", "host": "server.address", "port": "server.port", "path": "url.path",
         "user": "user.name"}
ERRORS = ("error", "fatal", "policy-kept", "credential-kept")


class Otlp:
    """sandbox: its name; follow: each line is written as it comes."""

    def __init__(self, sandbox, follow=False):
        self.records, self.most = [], 1 if follow else MOST
        self.resource = {"attributes": [pair("service.name", "agent-sandbox"), pair("agent_sandbox.sandbox", sandbox)]}

    def line(self, at, text):
        """A line of the file, or None while there are too few records for one."""
        self.records.append(self.record(at, text))
        return self.rest() if len(self.records) >= self.most else None

    def rest(self):
        """What is left at the end, or None."""
        if not self.records:
            return None
        scopes = [{"scope": {"name": "agent-sandbox"}, "logRecords": self.records}]
        self.records = []
        return json.dumps({"resourceLogs": [{"resource": self.resource, "scopeLogs": scopes}]}, ensure_ascii=True)

    def record(self, at, text):
        said = ocsf.read(text) if text.startswith("{") else {"event": "packet"}
        event = said.pop("event", None)
        event = event if isinstance(event, str) else "unknown"
        severity = ERROR if event in ERRORS else WARN if said.get("verdict") in ("deny", "audit") or event == "packet" else INFO
        nanoseconds = (ocsf.time_of(said) or ocsf.milliseconds(at)) * 1000000
        when = str(nanoseconds if nanoseconds < 1 << 64 else 0)
        return {"timeUnixNano": when, "observedTimeUnixNano": when, "severityNumber": severity[0], "severityText": severity[1],
                "eventName": f"agent_sandbox.{event}", "body": {"stringValue": text},
                "attributes": [pair(NAMED.get(key, f"agent_sandbox.{key}"), one) for key, one in said.items() if one is not None]}


def pair(key, one):
    return {"key": key, "value": value(one)}


def value(one):
    """AnyValue, as OTLP/JSON has it: whole numbers of 64 bits are texts."""
    if isinstance(one, bool):
        return {"boolValue": one}
    if isinstance(one, int):
        return {"intValue": str(one)} if -1 << 63 <= one < 1 << 63 else {"stringValue": str(one)}
    if isinstance(one, float):
        return {"doubleValue": one} if abs(one) < float("inf") else {"stringValue": str(one)}
    if isinstance(one, list):
        return {"arrayValue": {"values": [value(each) for each in one]}}
    if isinstance(one, dict):
        return {"kvlistValue": {"values": [pair(key, each) for key, each in one.items()]}}
    return {} if one is None else {"stringValue": one}


def open_file(path):
    """Our standard output from here on: root's program writes to no file that somebody else names. What asks sudo for us
    opens it before that; where sudo has started us, it is that user who opens it."""
    user, group = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    theirs = os.geteuid() == 0 and user.isdigit() and group.isdigit() and int(user)
    groups = os.getgroups()
    try:
        if theirs:
            os.setgroups([int(group)])
            os.setegid(int(group))
            os.seteuid(int(user))
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror}") from None
    finally:
        if theirs:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(groups)
    os.dup2(file, 1)
    os.close(file)
