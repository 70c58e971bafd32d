# The real lib with the stand-in's packages, and hosts of declarations alone: for real engines.
{
  description = "stand-in for nixpkgs, beside the real lib";

  outputs =
    { self }:
    let
      lib = import ./lib;
      standIn = import ./modules.nix { inherit lib; };
    in
    {
      lib = lib // {
        nixosSystem = import ./eval-config.nix;
        # home-manager and system-manager are no part of this.
        inherit standIn;
      };
      legacyPackages = lib.genAttrs [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-darwin"
        "x86_64-linux"
      ] (system: import ./. { inherit system; });
    };
}
