# A stand-in for nixpkgs, so that the flakes of this project are evaluated, built and run without a
# network. Own code; it knows only what they use. Compilers and libraries are the host's.
{
  description = "stand-in for nixpkgs";

  outputs =
    { self }:
    let
      lib = import ./lib.nix;
      evaluate = import ./modules.nix { inherit lib; };
    in
    {
      lib = lib // {
        nixosSystem = evaluate {
          pkgsFor = system: import ./. { inherit system; };
          base = import ./nixos.nix;
        };
        # For the stand-ins of home-manager, nix-darwin and system-manager.
        standIn = evaluate;
      };
      legacyPackages = lib.genAttrs [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-darwin"
        "x86_64-linux"
      ] (system: import ./. { inherit system; });
    };
}
