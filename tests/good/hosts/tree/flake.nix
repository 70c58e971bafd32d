# Inputs must stand literally in a flake; everything else is in modules/outputs.nix, which reads
# sandbox.json.
{
  description = "The agent sandbox team: users, firewall, proxy, dotfiles and tools";

  inputs = {
    agent-sandbox = {
      url = "github:example/agent-sandbox";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    home-manager = {
      url = "github:nix-community/home-manager/release-25.11";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    nix-darwin = {
      url = "github:nix-darwin/nix-darwin/nix-darwin-25.11";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
    system-manager = {
      url = "github:numtide/system-manager/main";
      inputs = {
        flake-compat.follows = "";
        nixpkgs.follows = "nixpkgs";
        userborn.follows = "";
      };
    };
  };

  outputs = inputs: import ./modules/outputs.nix inputs;
}
