# The flake that stands for nix-darwin beside real engines.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";
  outputs =
    { self, nixpkgs }:
    {
      lib.darwinSystem = nixpkgs.lib.nixosSystem;
    };
}
