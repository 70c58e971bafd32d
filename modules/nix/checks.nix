# What can be told about the rendered files at build time, without a host: data that is read by
# another program is read by that program here.
{
  lib,
  pkgs,
  sandbox,
}:
let
  tree = ../.;

  check =
    name: inputs: script:
    pkgs.runCommand "${sandbox.prefix}-${name}" { nativeBuildInputs = inputs; } ''
      ${script}
      touch $out
    '';

  isUnit = path: builtins.match ".*\\.(path|service|socket|slice)" path != null;
in
{
  json = check "json" [ pkgs.jq ] ''
    for file in sandbox.json spec.json flake.lock proxy/policy.json; do
      jq -e 'type == "object"' ${tree}/$file >/dev/null
    done
  '';

  scripts = check "scripts" [ ] ''
    for file in ${tree}/bin/* ${tree}/bin/lib/*.sh; do
      if [ -f "$file" ]; then
        sh -n "$file"
      fi
    done
  '';
}
// lib.optionalAttrs (pkgs.stdenv.hostPlatform.isLinux && sandbox ? linux) {
  sudoers = check "sudoers" [ pkgs.sudo ] ''
    install -m 0440 ${tree}/${sandbox.linux.sudoers} sudoers
    visudo -c -f sudoers
  '';

  # Whether each unit is whole; that the programs are there is the host's own check.
  units = check "units" [ ] ''
    for unit in ${
      lib.concatMapStringsSep " " (path: "${tree}/${path}") (lib.filter isUnit sandbox.linux.units)
    }; do
      grep -q '^\[Unit\]$' "$unit"
      grep -Eq '^(ExecStart|ListenStream|PathChanged)=|^\[Slice\]$' "$unit"
    done
  '';
}
