# system-manager's library for a nixpkgs that is older than it: its own modules are real; those that
# it takes from NixOS are left out, and what it takes of NixOS' library is nixos/lib/utils.nix here.
{
  lib,
  source,
  nixpkgs,
  userborn,
}:
let
  real = import (source + "/nix/lib.nix") {
    inherit lib nixpkgs userborn;
    nixos = toString ./nixos;
  };

  anything = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = { };
  };
  withoutNixos =
    { pkgs, ... }:
    {
      disabledModules = [ (source + "/nix/modules/upstream/nixpkgs") ];
      options = {
        meta = anything;
        nix.enable = lib.mkEnableOption "Nix";
        nix.settings = anything;
        services.userborn = anything;
        users = anything;
        networking.hostName = lib.mkOption { default = ""; };
      };
      config.services.userborn = {
        enable = false;
        package = lib.mkDefault pkgs.userborn;
      };
    };
in
real
// {
  makeSystemConfig =
    arguments: real.makeSystemConfig (arguments // { modules = arguments.modules ++ [ withoutNixos ]; });
}
