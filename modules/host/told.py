"""What the agent is told: policy.json inside, which says in words what it may do, so that it need not find out by being
refused. Root's file in a folder of root's that every session sees; who runs already sees a new one. It says nothing that
the generation, which a session sees whole, does not say.

  Linux   {run}/inside, in a session /run/agent-sandbox
  macOS   {state}/told
"""

import glob
import json
import os
import zlib

from say import Failed
from shared import Shared

FILE = "policy.json"
INSIDE = "/run/agent-sandbox"
REFUSED = ("What no rule here allows is refused: with a 403 that begins with 'agent-sandbox:' and says which rule is missing. "
           "Tell the user which, do not ask for the same again, and look for no way around it.")
DEFAULT_PORTS = {"https": [443], "http": [80]}
SECONDS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def folder(box, project=None):
    if project:
        return f"{project.place}/told"  # of nobody else's sessions
    return f"{box.run}/inside" if box.system == "linux" else f"{box.state}/told"


def listed(words):
    return ", ".join(map(str, words))


def span(seconds):
    size, name = next(one for one in SECONDS if seconds % one[0] == 0)
    count = seconds // size
    return name if count == 1 else f"{count} {name}s"


def host_of(one):
    return f"*.{one['host']}" if one.get("suffix") else one["host"]


def place(one):
    ports = one.get("ports", [])
    port = "" if ports == DEFAULT_PORTS.get(one.get("scheme")) or not ports else f":{listed(ports)}"
    return f"{one.get('scheme', 'https')}://{host_of(one)}{port}"


def ceilings(one):
    for name in ("requests", "bytes", "tokens"):
        if name in one:
            yield f"at most {one[name]['count']} {name} a {span(one[name]['seconds'])}"


def of_rule(one):
    paths = one.get("paths", ["/**"])
    words = [f"{listed(one['methods'])} {place(one)}" if "methods" in one else f"{one['scheme']} to {place(one)}, read by nobody"]
    if paths != ["/**"]:
        words.append(f"of the paths {listed(paths)}")
    if "query" in one:
        words.append(f"with no query but {listed(one['query']) or 'none'}")
    if one.get("websocket"):
        words.append("with WebSocket")
    words += ceilings(one)
    words += [f"until {one['expires']}"] if "expires" in one else []
    return {"allowed": "; ".join(words), **({"for": one["reason"]} if "reason" in one else {})}


def where_put(inject):
    """In words; what an inject object may be is the spec's (policy_file.py reads it)."""
    kind, value = next(iter(inject.items()), ("", True))
    return {"header": f"the header {value}", "query": f"the query parameter {value}", "json": f"{value} of the JSON body",
            "path": "the path, where the placeholder is", "aws": "a new signature of the request (AWS)"}.get(
                kind, "the header Authorization")


def of_credential(one):
    hosts = listed(map(host_of, one.get("hosts", [])))
    asked = " that have the placeholder there" if one.get("ask") else ""
    words = [f"the proxy puts it into {where_put(one.get('inject', {}))} of requests to {hosts}{asked}",
             *([f"of the paths {listed(one['paths'])}"] if "paths" in one else []), *ceilings(one)]
    return {"name": one["name"], "used": "; ".join(words)}


def of_grant(one):
    import grants

    return {"allowed": f"{grants.what(one)}; {grants.until(one)}; without any secret"}


def asked(policy):
    """Whether somebody can be asked."""
    if "ask" in policy:
        return (f"an operator, if one is there: what is refused then waits up to {policy['ask'].get('seconds', 60)} seconds for "
                "the answer, and the 403 says what it was. Do not ask for the same again after that")
    if "grants" in policy:
        return "nobody by a refusal; an operator who is told of it may let it through for a while"
    return "nobody: only a change of the spec allows more"


def of_files(folder, system):
    """What of a workspace is hidden or read-only besides what its access says."""
    if system != "linux":
        return {}
    files, writable = folder.files, folder.writable
    found = {"hidden": files.get("hide"), "read_only": files.get("protect") if writable else [],
             "writable_all_the_same": files.get("unprotect") if writable else []}
    return {key: value for key, value in found.items() if value}


def read_only():
    from obeyed import protected

    return ["what the user's own tools run by themselves, where it was there when this session began: " + listed(protected())]


def applied(change):
    """The policy, as an object; None where it was changed behind apply's back: the generation's own row says so."""
    try:
        return json.loads(change.host.read(change.path("proxy/policy.json")) or b"{}")
    except ValueError:
        return None


def content(change, policy, grants=(), own=None):
    """As an object. Of what root applied alone; own: what is of one project's sessions."""
    box = change.sandbox
    data, audit = box.data, policy.get("enforcement") == "audit"
    ssh = data.get("ssh")
    found = {
        "sandbox": box.name,
        "read_me": "Nothing is refused now: an audit logs what would be." if audit else REFUSED,
        "who_is_asked": asked(policy),
        "network": [of_rule(one) for one in policy.get("rules", [])],
        "granted_for_now": [of_grant(one) for one in grants],
        "refused_whatever_is_allowed": [f"{place(one)} of the paths {listed(one['paths'])}" for one in policy.get("denied", [])],
        "too_young": [f"versions of packages younger than {span(one['seconds'])} of {host_of(one)}"
                      for one in policy.get("cooldowns", [])],
        "past_the_proxy": [f"{one['protocol']} to {one['cidr']}, the ports {listed(one['ports'])}" for one in box.cidrs],
        "ssh": [f"{one['host']}, port {one['port']}" for one in ssh["hosts"]] if ssh else [],
        "credentials": [of_credential(one) for one in policy.get("credentials", [])],
        "ports_of_the_host": [f"127.0.0.1:{port}" for port in box.local_ports],
        "ports_that_the_host_sees": [f"127.0.0.1:{port}" for port in box.publish],
        **(own or own_folders(Shared(box), box.system)),
        "environment": "credentials inside are placeholders; no name need resolve, and the proxy is in HTTPS_PROXY",
    }
    return {key: value for key, value in found.items() if value != []}


def own_folders(shared, system):
    """What a session sees of the host's folders."""
    folders = [{"path": one.path, "may": "read and write" if one.writable else "read", **of_files(one, system)}
               for one in shared.folders]
    return {"workspaces": folders, "read_only_in_workspaces": read_only() if shared.writable and system == "linux" else []}


def own_of(session):
    """What is told of a session in a project."""
    rest = f"no other folder below {session.project.root} is there"
    return {"project": session.project.path, "other_projects": rest, **own_folders(session.shared, session.sandbox.system)}


def granted(change):
    """What operators let through for now; what cannot be read is nobody's."""
    if change.sandbox.grants is None:
        return []
    import grants

    try:
        return [one for _, refuses, one in grants.Grants(change.host, change.sandbox).all() if not refuses]
    except Failed:
        return []


def stamp(change, own=None):
    """Of what the text is made: while that is the same, so is the text."""
    of_project = [f"project-{zlib.crc32(json.dumps(own).encode()):x}"] if own else []
    return " ".join([change.state.current() or "", *(one["id"] for one in granted(change)), *of_project])


def wanted(change, own=None):
    """None where nobody knows."""
    policy = applied(change)
    if policy is None:
        return None
    text = json.dumps({"made_of": stamp(change, own), **content(change, policy, granted(change), own)}, indent=1)
    return text.encode() + b"\n"


def is_of(data, made_of):
    return data is not None and data.startswith(json.dumps({"made_of": made_of}, indent=1).encode()[:-2])


def provide(change, again=False, session=None):
    """Writes it where it is not as it must be; before a session begins, and whenever what is allowed changes."""
    if session and session.project:
        provide_in(change, folder(change.sandbox, session.project), own_of(session), again)
        return
    provide_in(change, folder(change.sandbox), None, again)
    if again:
        provide_projects(change)


def provide_projects(change):
    """Those of sessions that may run, with what stands there of their projects."""
    for file in glob.glob(f"{glob.escape(change.sandbox.state)}/projects/*/told/{FILE}"):
        try:
            said = json.loads(change.host.read(file) or b"{}")
            own = {key: said[key] for key in ("project", "other_projects", "workspaces", "read_only_in_workspaces")}
        except (ValueError, KeyError):
            continue  # the next session's start writes it anew
        provide_in(change, os.path.dirname(file), own, True)


def provide_in(change, place, own, again):
    host = change.host
    if again or not is_of(host.read(f"{place}/{FILE}"), stamp(change, own)):
        # On what else there is in a session's /run/agent-sandbox something is mounted.
        host.make_folder(f"{place}/{change.sandbox.name}" if change.sandbox.system == "linux" else place)
        text = wanted(change, own)
        if text is not None:
            host.write(f"{place}/{FILE}", text)
