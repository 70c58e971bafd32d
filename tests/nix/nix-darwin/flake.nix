{
  description = "stand-in for nix-darwin";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";
  outputs =
    { self, nixpkgs }:
    {
      lib.darwinSystem = nixpkgs.lib.standIn {
        pkgsFor = system: nixpkgs.legacyPackages.${system};
        base = {
          known = [
            "assertions"
            "environment.launchDaemons"
            "environment.systemPackages"
            "homebrew.brews"
            "homebrew.casks"
            "networking.hostName"
            "nix.enable"
            "nix.settings"
            "nixpkgs.hostPlatform"
            "security.sudo"
            "services.agent-sandbox"
            "system.activationScripts"
            "system.stateVersion"
            "users.groups"
            "users.knownGroups"
            "users.knownUsers"
            "users.users"
          ];
          module =
            { lib, ... }:
            {
              nix.enable = lib.mkDefault true;
              nix.settings.trusted-users = [ "root" ];
            };
          result =
            pkgs: evaluated:
            evaluated
            // {
              config = evaluated.config // {
                system = evaluated.config.system // {
                  build.toplevel = pkgs.writeTextFile {
                    name = "darwin-system";
                    destination = "/activate";
                    executable = true;
                    text = evaluated.config.system.activationScripts.launchd.text or "";
                  };
                };
              };
            };
        };
      };
    };
}
