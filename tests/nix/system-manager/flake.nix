{
  description = "stand-in for system-manager";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.flake-compat.url = "github:edolstra/flake-compat";
  inputs.userborn.url = "github:jfroche/userborn/system-manager";
  outputs =
    { self, nixpkgs, ... }:
    {
      lib.makeSystemConfig = nixpkgs.lib.standIn {
        pkgsFor = system: nixpkgs.legacyPackages.${system};
        base = {
          known = [
            "assertions"
            "environment.etc"
            "environment.systemPackages"
            "nix.settings"
            "nixpkgs.hostPlatform"
            "services.agent-sandbox"
            "services.userborn"
            "systemd.packages"
            "systemd.services"
            "systemd.units"
          ];
          module.nix.settings.trusted-users = [ "root" ];
          result = _pkgs: evaluated: evaluated;
        };
      };
    };
}
