{
  description = "stand-in for Colmena";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.stable.url = "github:NixOS/nixpkgs/nixos-25.05";
  outputs =
    { self, nixpkgs, ... }:
    {
      # Each node is evaluated with the nixpkgs of its own, as the real one does.
      lib.makeHive =
        hive:
        let
          evaluate =
            name: node:
            let
              pkgs = hive.meta.nodeNixpkgs.${name} or hive.meta.nixpkgs;
            in
            import (pkgs.path + "/nixos/lib/eval-config.nix") {
              modules = [ node ];
              known = [ "deployment.targetHost" ];
            };
        in
        {
          __schema = "v0.5";
          nodes = builtins.mapAttrs evaluate (removeAttrs hive [ "meta" ]);
        };
    };
}
