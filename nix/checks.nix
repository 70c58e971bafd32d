# What `nix flake check` runs: the program as built, and those suites of tests/ that need no machine of
# their own. The rest is `make test`, which wants nftables, systemd, and machines to boot.
{
  lib,
  pkgs,
  src,
  agent-sandbox,
}:
let
  tools = with pkgs; [
    clang
    cmark-gfm
    dash
    fish
    git
    groff
    jq
    nix
    pkg-config
    (python3.withPackages (
      python: with python; [
        cryptography
        h2
        jsonschema
        markdown-it-py
        pyyaml
      ]
    ))
    stdenv.cc
    zsh
  ];

  # The scripts of modules/ stay as they are: the program holds them unchanged.
  suite =
    name:
    pkgs.runCommand "agent-sandbox-tests-${baseNameOf name}"
      {
        nativeBuildInputs = tools;
        inherit (agent-sandbox) buildInputs;
        PROGRAM = "${agent-sandbox}/bin/agent-sandbox";
      }
      ''
        cp -R ${src} project
        chmod -R u+w project
        cd project
        export HOME=$TMPDIR
        patchShebangs tests
        tests/${name}
        touch $out
      '';
in
{
  inherit agent-sandbox;

  installed = pkgs.runCommand "agent-sandbox-installed" { } ''
    ${agent-sandbox}/bin/agent-sandbox --version
    test -s ${agent-sandbox}/share/man/man1/agent-sandbox.1
    test -s ${agent-sandbox}/share/agent-sandbox/agent-sandbox.schema.json
    test -s ${agent-sandbox}/share/bash-completion/completions/agent-sandbox
    test -s ${agent-sandbox}/share/zsh/site-functions/_agent-sandbox
    test -s ${agent-sandbox}/share/fish/vendor_completions.d/agent-sandbox.fish
    touch $out
  '';
}
// lib.mapAttrs (_name: suite) {
  golden = "golden";
  bad-input = "bad_input";
  history = "history";
  deterministic = "deterministic";
  docs = "docs";
}
# Compiled anew, by two compilers and with the sanitizers; the readers are Linux's.
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux (
  lib.mapAttrs (_name: suite) {
    injection = "injection";
    unit = "unit/run";
  }
)
