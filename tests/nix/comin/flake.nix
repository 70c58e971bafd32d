{
  description = "stand-in for comin";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.treefmt-nix.url = "github:numtide/treefmt-nix";
  inputs.flake-compat.url = "github:NixOS/flake-compat";
  outputs =
    { self, ... }:
    let
      module =
        { lib, config, ... }:
        {
          options.services.comin = {
            enable = lib.mkOption {
              type = lib.types.bool;
              default = false;
            };
            remotes = lib.mkOption {
              type = lib.types.listOf (lib.types.type "remote" "remote" (x: x ? name && x ? url));
              default = [ ];
            };
          };
          config.assertions = [
            {
              assertion = config.services.comin.enable -> (config.networking.hostName or "") != "";
              message = "comin finds its configuration by the host's name";
            }
          ];
        };
    in
    {
      nixosModules.comin = module;
      darwinModules.comin = module;
    };
}
