# Stand-in for this project's own flake, where its engine is not to be built: what `make install` left.
{
  description = "stand-in for agent-sandbox";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  outputs =
    { self, nixpkgs }:
    {
      packages = builtins.mapAttrs (_system: pkgs: {
        agent-sandbox-proxy = pkgs.runCommand "agent-sandbox-proxy" { } ''
          mkdir -p $out/bin
          ln -s /usr/local/bin/agent-sandbox-proxy $out/bin/
        '';
      }) nixpkgs.legacyPackages;
    };
}
