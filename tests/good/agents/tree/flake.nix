# Inputs must stand literally in a flake; everything else is in modules/outputs.nix, which reads
# sandbox.json.
{
  description = "The agent sandbox agents: users, firewall, proxy, dotfiles and tools";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  };

  outputs = inputs: import ./modules/outputs.nix inputs;
}
