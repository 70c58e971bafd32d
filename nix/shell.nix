# What the work on this project needs, its tests included.
{
  lib,
  pkgs,
  agent-sandbox,
}:
pkgs.mkShell {
  inputsFrom = [ agent-sandbox ];
  packages =
    with pkgs;
    [
      clang-tools
      git
      jq
      nixfmt-tree
      shellcheck
    ]
    ++ lib.optionals stdenv.hostPlatform.isLinux [
      iptables
      mitmproxy
      nftables
      valgrind
    ];
}
