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
          result = _pkgs: evaluated: evaluated;
        };
      };
    };
}
