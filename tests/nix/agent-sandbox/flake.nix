# Stand-in for this project's own flake, where its programs are not to be built: what `make install` left.
{
  description = "stand-in for agent-sandbox";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  outputs =
    { self, nixpkgs }:
    {
      packages = builtins.mapAttrs (
        _system: pkgs:
        nixpkgs.lib.genAttrs
          [
            "agent-sandbox-proxy"
            "agent-sandbox-terminal"
          ]
          (
            name:
            pkgs.runCommand name { } ''
              mkdir -p $out/bin
              ln -s /usr/local/bin/${name} $out/bin/
            ''
          )
      ) nixpkgs.legacyPackages;
    };
}
