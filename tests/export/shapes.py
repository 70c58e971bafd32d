"""Reads what `export` wrote by its target's own language, strictly: no key that the target's documents do not have,
each value of its type. Where a text of the spec went in, the same comes out.

shapes.py TARGET FILE [SPEC]     SPEC: its environment and workspaces are looked for
"""
import json
import pathlib
import sys

import jsonschema
import yaml

TEXT, FLAG, PORT = {"type": "string"}, {"type": "boolean"}, {"type": "integer", "minimum": 1, "maximum": 65535}


def one(required=(), **keys):
    return {"type": "object", "properties": keys, "required": list(required), "additionalProperties": False}


def of(item, **more):
    return {"type": "array", "items": item, **more}


def by_name(value):
    return {"type": "object", "additionalProperties": value}


def word(*words):
    return {"enum": list(words)}


# src/sandbox/sandbox-config.ts of anthropic-experimental/sandbox-runtime, of which 0.0.78 obeys tests/export/obeyed.
DOMAIN = {"type": "string", "pattern": r"^((\*\.)?[a-z0-9.-]+|\[[0-9a-f:]+\]|localhost)(:[1-9][0-9]*)?$"}
SRT = one(
    ["network", "filesystem"],
    network=one(["allowedDomains", "deniedDomains"], allowedDomains=of(DOMAIN), deniedDomains=of(DOMAIN),
                strictAllowlist=FLAG, deniedResolvedAddresses=of(TEXT), allowUnixSockets=of(TEXT),
                allowLocalBinding=FLAG, parentProxy=one(http=TEXT, https=TEXT, noProxy=TEXT), tlsTerminate=one()),
    filesystem=one(["denyRead", "allowWrite", "denyWrite"], denyRead=of(TEXT), allowRead=of(TEXT),
                   allowWrite=of(TEXT), denyWrite=of(TEXT), allowGitConfig=FLAG),
    credentials=one(envVars=of(one(["name", "mode"], name=TEXT, mode=word("mask"), injectHosts=of(TEXT, minItems=1)))),
    enableWeakerNestedSandbox=FLAG)

# devContainer.base.schema.json of devcontainers/spec.
DEVCONTAINER = one(
    ["build"], name=TEXT, build=one(["dockerfile"], dockerfile=TEXT), containerUser=TEXT, remoteUser=TEXT,
    updateRemoteUserUID=FLAG, overrideCommand=FLAG, runArgs=of(TEXT), containerEnv=by_name(TEXT), workspaceMount=TEXT,
    workspaceFolder=TEXT, mounts=of(TEXT), forwardPorts=of(PORT), postStartCommand=TEXT,
    waitFor=word("postStartCommand"))

# crates/nono-cli/data/nono-profile.schema.json of nolabs-ai/nono.
ENDPOINTS = of(one(["method", "path"], method=TEXT, path=TEXT))
NONO = one(
    ["meta"], meta=one(name=TEXT, description=TEXT), linux=one(af_unix_mediation=word("pathname")),
    filesystem=one(allow=of(TEXT), read=of(TEXT), unix_socket=of(TEXT)), environment=one(set_vars=by_name(TEXT)),
    network=one(
        block=FLAG, allow_domain=of({"oneOf": [TEXT, one(["domain", "endpoints"], domain=TEXT, endpoints=ENDPOINTS)]}),
        deny_domain=of(TEXT), open_port=of(PORT), listen_port=of(PORT), upstream_proxy=TEXT, upstream_bypass=of(TEXT),
        credentials=of(TEXT), custom_credentials=by_name(one(
            ["upstream", "credential_key"], upstream=TEXT, credential_key=TEXT,
            inject_mode=word("header", "query_param"), inject_header=TEXT, credential_format=TEXT,
            query_param_name=TEXT, env_var=TEXT, endpoint_rules=ENDPOINTS))))

# crates/openshell-policy/src/lib.rs of NVIDIA/OpenShell.
REQUEST = one(["method", "path"], method=TEXT, path=TEXT)
OPENSHELL = one(
    ["version"], version=word(1), filesystem_policy=one(include_workdir=FLAG, read_only=of(TEXT), read_write=of(TEXT)),
    landlock=one(compatibility=word("hard_requirement")),
    process=one(run_as_user={"type": "string", "pattern": "^[1-9][0-9]*$"}, run_as_group=TEXT),
    network_policies=by_name(one(
        ["endpoints", "binaries"], binaries=of(one(["path"], path=TEXT), minItems=1), endpoints=of({"oneOf": [
            one(["host", "port", "protocol", "rules"], host=TEXT, port=PORT, protocol=word("rest"),
                enforcement=word("enforce", "audit"), rules=of(one(["allow"], allow=REQUEST), minItems=1),
                deny_rules=of(REQUEST, minItems=1), allowed_ips=of(TEXT, minItems=1)),
            one(["host", "port", "protocol"], host=TEXT, port=PORT, protocol=word("tcp"),
                allowed_ips=of(TEXT, minItems=1))]}, minItems=1))))

# networking.k8s.io/v1, cilium.io/v2, and agents.x-k8s.io_sandboxes.yaml of kubernetes-sigs/agent-sandbox.
META, LABELS = one(["name"], name=TEXT), one(matchLabels=by_name(TEXT))
NAMES = of({"oneOf": [one(["matchName"], matchName=TEXT), one(["matchPattern"], matchPattern=TEXT)]}, minItems=1)
CILIUM_PORTS = of(one(["port", "protocol"], port={"type": "string", "pattern": "^[0-9]+$"}, protocol=word("TCP", "ANY")))
K8S = {
    "NetworkPolicy": one(
        ["podSelector", "policyTypes"], podSelector=LABELS, policyTypes=of(word("Ingress", "Egress")),
        ingress=of(one(), maxItems=0), egress=of(one(
            ["to", "ports"], to=of(one(["ipBlock"], ipBlock=one(["cidr"], cidr=TEXT))),
            ports=of(one(["protocol", "port"], protocol=word("TCP", "UDP"), port=PORT), minItems=1)))),
    "CiliumNetworkPolicy": one(
        ["endpointSelector", "egress"], endpointSelector=LABELS, egress=of({"oneOf": [
            one(["toEndpoints", "toPorts"], toEndpoints=of(LABELS),
                toPorts=of(one(["ports"], ports=CILIUM_PORTS, rules=one(["dns"], dns=NAMES)))),
            one(["toFQDNs", "toPorts"], toFQDNs=NAMES, toPorts=of(one(["ports"], ports=CILIUM_PORTS)))]})),
    "Sandbox": one(
        ["podTemplate"], volumeClaimTemplates=of(one(["metadata", "spec"], metadata=META, spec=one(
            accessModes=of(TEXT), resources=one(requests=one(storage=TEXT))))),
        podTemplate=one(["spec"], metadata=one(labels=by_name(TEXT)), spec=one(
            ["containers"], automountServiceAccountToken=FLAG, enableServiceLinks=FLAG,
            activeDeadlineSeconds={"type": "integer"}, securityContext=one(
                runAsNonRoot=FLAG, runAsUser={"type": "integer"}, runAsGroup={"type": "integer"},
                fsGroup={"type": "integer"}, seccompProfile=one(type=word("RuntimeDefault"))),
            volumes=of(one(["name", "emptyDir"], name=TEXT, emptyDir=one())),
            containers=of(one(
                ["name", "image"], name=TEXT, image=TEXT, command=of(TEXT), securityContext=one(
                    allowPrivilegeEscalation=FLAG, readOnlyRootFilesystem=FLAG, capabilities=one(drop=of(word("ALL")))),
                resources=one(limits=one(memory=TEXT, cpu=TEXT)), env=of(one(["name", "value"], name=TEXT, value=TEXT)),
                volumeMounts=of(one(["name", "mountPath"], name=TEXT, mountPath=TEXT, readOnly=FLAG))))))),
}
GROUPS = {"NetworkPolicy": "networking.k8s.io/v1", "CiliumNetworkPolicy": "cilium.io/v2",
          "Sandbox": "agents.x-k8s.io/v1beta1"}


class Once(dict):
    """A JSON object in which no key stands twice."""

    def __init__(self, pairs):
        super().__init__(pairs)
        if len(self) != len(pairs):
            raise ValueError("a key stands twice")


def read_json(path, shape):
    value = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=Once)
    jsonschema.validate(value, shape)
    return value


def read_yaml(path):
    text = path.read_text(encoding="utf-8")
    return list(yaml.load_all(text, yaml.SafeLoader))


def found(target, path):
    """What stands there, and what of it are variables, and folders."""
    if target == "srt":
        value = read_json(path, SRT)
        return None, value["filesystem"]["allowRead"]
    if target == "devcontainer":
        value = read_json(path / "devcontainer.json", DEVCONTAINER)
        mounts = [m for m in [value.get("workspaceMount"), *value["mounts"]] if m]
        return value["containerEnv"], [m.split("source=")[1].split(",")[0] for m in mounts]
    if target == "nono":
        value = read_json(path, NONO)
        return value["environment"]["set_vars"], value["filesystem"]["allow"] + value["filesystem"]["read"]
    if target == "openshell":
        value, = read_yaml(path)
        jsonschema.validate(value, OPENSHELL)
        folders = value["filesystem_policy"]
        return None, folders["read_only"][5:] + folders["read_write"][2:]
    documents = read_yaml(path)
    for value in documents:
        jsonschema.validate(value, one(["apiVersion", "kind", "metadata", "spec"], apiVersion=TEXT, kind=word(*K8S),
                                       metadata=META, spec=K8S[value["kind"]]))
        if value["apiVersion"] != GROUPS[value["kind"]]:
            sys.exit(f"{value['kind']} of {value['apiVersion']}")
    container, = documents[-1]["spec"]["podTemplate"]["spec"]["containers"]
    return ({e["name"]: e["value"].replace("$$", "$") for e in container["env"] if e["name"] != "HOME"},
            [m["mountPath"] for m in container["volumeMounts"][2:]])


# What a target cannot say, its exporter leaves out, and tells.
LEFT_OUT = {"nono": lambda s: "$" in s or s.startswith("~"), "devcontainer": lambda s: "${" in s}
LEFT_OUT_FOLDERS = {"devcontainer": lambda s: "," in s}


def main(target, path, spec=None):
    variables, folders = found(target, pathlib.Path(path))
    if spec:
        wanted = json.loads(pathlib.Path(spec).read_text(encoding="utf-8"))
        no, no_folder = LEFT_OUT.get(target, lambda s: False), LEFT_OUT_FOLDERS.get(target, lambda s: False)
        kept = {k: v for k, v in wanted["environment"].items() if not no(v)}
        if variables is not None and variables != kept:
            sys.exit(f"{target}: variables {variables} instead of {kept}")
        kept = sorted(w["path"] for w in wanted["workspaces"] if not no_folder(w["path"]))
        if sorted(folders) != kept:
            sys.exit(f"{target}: folders {folders} instead of {kept}")


if __name__ == "__main__":
    main(*sys.argv[1:])
