# What can be told about the rendered files at build time, without a host: each is read by the
# program that reads it there.
{
  lib,
  pkgs,
  sandbox,
  # The committed tree, in the store, and its units with the programs of nixpkgs.
  tree,
  units,
}:
let
  check =
    name: inputs: script:
    pkgs.runCommand "${sandbox.prefix}-${name}" { nativeBuildInputs = inputs; } ''
      ${script}
      touch $out
    '';

  sudoersOf = family: lib.optional (sandbox ? ${family}) sandbox.${family}.sudoers;
in
{
  json = check "json" [ pkgs.jq ] ''
    for file in sandbox.json spec.json flake.lock proxy/policy.json; do
      jq -e 'type == "object"' ${tree}/$file >/dev/null
    done
  '';

  scripts = check "scripts" [ pkgs.python3 ] ''
    for file in ${tree}/bin/* ${tree}/probes/*; do
      case $(head -n 1 "$file" 2>/dev/null) in
      *python*) python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file" ;;
      "#!/bin/sh"*) sh -n "$file" ;;
      esac
    done
  '';

  # By the very code that decides on each request.
  policy = check "policy" [ pkgs.python3 ] ''
    cd ${tree}/proxy
    # The add-on reads all of it but logins, which it leaves to the other engine.
    python3 -B -c 'import json, policy_file
    text = open("policy.json", encoding="utf-8").read()
    data = json.loads(text)
    policy_file.load(json.dumps({key: data[key] for key in data if key != "logins"}) if "logins" in data else text)'
  '';
}
// lib.optionalAttrs (sandbox ? darwin) {
  plists = check "plists" [ pkgs.python3 ] ''
    for file in ${lib.concatMapStringsSep " " (path: "${tree}/${path}") sandbox.darwin.plists}; do
      python3 -c 'import plistlib, sys; plistlib.load(open(sys.argv[1], "rb"))["Label"]' "$file"
    done
  '';
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
  # visudo asks for the mode that the file has at its place.
  sudoers = check "sudoers" [ pkgs.sudo ] ''
    for file in ${toString (sudoersOf "linux" ++ sudoersOf "darwin")}; do
      install -m 0440 ${tree}/$file sudoers
      visudo -c -f sudoers
    done
  '';
}
// lib.optionalAttrs (pkgs.stdenv.hostPlatform.isLinux && sandbox ? linux) {
  # As NixOS gets them, with every program in the store. A misspelt key is no error to systemd, only
  # a line; the user's mode of systemd-analyze is the one that needs no /run/systemd.
  units = check "units" [ pkgs.systemd ] ''
    export XDG_RUNTIME_DIR=$PWD HOME=$PWD
    mkdir units
    for package in ${toString units.packages}; do
      cp "$package"/lib/systemd/system/* units/
    done
    failed=
    SYSTEMD_UNIT_PATH=$PWD/units:${pkgs.systemd}/example/systemd/system \
      systemd-analyze --user verify --man=no units/* >log 2>&1 || failed=1
    if [ -n "$failed" ] || grep -F "$PWD/units/" log; then
      cat log
      exit 1
    fi
  '';

  accounts = check "accounts" [ pkgs.systemd ] ''
    mkdir -p root/etc
    systemd-sysusers --root="$PWD/root" ${tree}/${sandbox.linux.sysusers}
    grep '^${sandbox.agent.name}:x:${toString sandbox.agent.uid}:${toString sandbox.agent.uid}:' root/etc/passwd
    grep '^${sandbox.proxy.name}:x:${toString sandbox.proxy.uid}:${toString sandbox.proxy.uid}:' root/etc/passwd
    grep '^${sandbox.share.name}:x:${toString sandbox.share.gid}:' root/etc/group
  '';

  # By the kernel that builds, in a network of its own; a builder that may not make one says so. The
  # users that the rules name do not exist there: numbers stand for them, the relay's being any.
  firewall = check "firewall" [ pkgs.nftables pkgs.util-linux ] ''
    sed -e 's/"root"/0/g' -e 's/"${sandbox.agent.name}"/${toString sandbox.agent.uid}/g' \
      -e 's/"${sandbox.proxy.name}"/${toString sandbox.proxy.uid}/g' \
      -e 's/"${sandbox.relay.name}"/1/g' ${tree}/${sandbox.linux.nft} >rules.nft
    if unshare --map-root-user --net nft list tables; then
      unshare --map-root-user --net nft -c -f rules.nft
    else
      echo 'not checked: this builder may not make a network of its own' >&2
    fi
  '';
}
