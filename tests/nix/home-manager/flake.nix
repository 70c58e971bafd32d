{
  description = "stand-in for home-manager";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { self, nixpkgs }:
    {
      lib.homeManagerConfiguration = nixpkgs.lib.standIn {
        pkgsFor = system: nixpkgs.legacyPackages.${system};
        base = {
          known = [
            "home.file"
            "home.homeDirectory"
            "home.packages"
            "home.sessionVariables"
            "home.stateVersion"
            "home.username"
            "manual.manpages"
            "services.agent-sandbox"
          ];
          module = { };
          result =
            pkgs: evaluated:
            evaluated
            // {
              activationPackage = pkgs.writeTextFile {
                name = "home-manager-generation";
                destination = "/activate";
                executable = true;
                text = "#!/bin/sh\n# ${evaluated.config.home.username}\n";
              };
            };
        };
      };
    };
}
