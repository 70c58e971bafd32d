# What `nix flake check` runs: the program as built, on the starter spec. The whole suite is
# `make test`, which wants a machine with nftables and systemd.
{ pkgs, agent-sandbox }:
let
  program = "${agent-sandbox}/bin/agent-sandbox";

  check =
    name: script:
    pkgs.runCommand "agent-sandbox-${name}" { nativeBuildInputs = [ pkgs.git ]; } ''
      export HOME=$TMPDIR
      ${script}
      touch $out
    '';
in
{
  inherit agent-sandbox;

  # Twice the same tree, whatever the place and the time zone.
  render = check "render" ''
    cp ${./template/spec.json} spec.json
    ${program} check spec.json
    ${program} render spec.json -o one
    TZ=Pacific/Auckland ${program} render spec.json -o two
    tree() { git -c "safe.directory=*" -C "$1" rev-parse 'HEAD^{tree}'; }
    [ "$(tree one)" = "$(tree two)" ]
  '';

  installed = check "installed" ''
    test -s ${agent-sandbox}/share/man/man1/agent-sandbox.1
    test -s ${agent-sandbox}/share/agent-sandbox/agent-sandbox.schema.json
    test -s ${agent-sandbox}/share/bash-completion/completions/agent-sandbox
    test -s ${agent-sandbox}/share/zsh/site-functions/_agent-sandbox
    test -s ${agent-sandbox}/share/fish/vendor_completions.d/agent-sandbox.fish
  '';
}
