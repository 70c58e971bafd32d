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
            "nix.enable"
            "nix.settings"
            "nixpkgs.hostPlatform"
            "services.agent-sandbox"
            "services.userborn"
            "systemd.packages"
            "systemd.services"
            "systemd.units"
          ];
          # It leaves the host's Nix alone unless told otherwise.
          module =
            { lib, ... }:
            {
              nix.enable = lib.mkDefault false;
            };
          # A derivation, as there.
          result =
            pkgs: evaluated:
            pkgs.writeTextFile {
              name = "system-manager";
              destination = "/bin/activate";
              executable = true;
              text = "#!/bin/sh\n# ${toString (builtins.attrNames evaluated.config.environment.etc)}\n";
            }
            // evaluated;
        };
      };
    };
}
