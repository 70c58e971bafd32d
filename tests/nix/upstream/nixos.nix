# Beside the modules of a rendered flake on a real NixOS: placeholders for the packages that this
# nixpkgs has not, and, where it is older than the modules want, the options that it has not.
{ names }:
{ lib, config, ... }:
let
  old = lib.versionOlder lib.trivial.release "23.11";

  option =
    type: default:
    lib.mkOption {
      inherit type default;
    };
  # Merges with the set of options that NixOS has under the same name.
  more = of: options: lib.mkOption { type = of (lib.types.submodule { inherit options; }); };

  # A dotted name is one of a package set that every nixpkgs has.
  wanted = lib.filter (name: builtins.match ".*[.].*" name == null) (lib.importJSON names);
in
{
  options = lib.optionalAttrs old {
    nix.enable = option lib.types.bool true;
    nix.settings.trusted-users = option (lib.types.listOf lib.types.str) [ "root" ];
    nix.settings.allowed-users = option (lib.types.listOf lib.types.str) [ "*" ];
    nixpkgs.hostPlatform = option lib.types.str "x86_64-linux";
    systemd.units = more lib.types.attrsOf { overrideStrategy = option lib.types.str "asDropin"; };
    users.users = more (lib.types.loaOf or lib.types.attrsOf) {
      autoSubUidGidRange = option lib.types.bool true;
      homeMode = option lib.types.str "0700";
      ignoreShellProgramCheck = option lib.types.bool false;
    };
  };

  config = lib.optionalAttrs old { nixpkgs.localSystem.system = config.nixpkgs.hostPlatform; } // {
    nixpkgs.overlays = [
      (
        final: prev:
        lib.genAttrs (lib.filter (name: !(prev ? ${name})) wanted) (
          name: final.hello // { pname = name; }
        )
        // lib.optionalAttrs old { iproute2 = prev.iproute; }
      )
    ];
  };
}
