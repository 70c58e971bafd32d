# Inputs must stand literally in a flake; everything else is in modules/outputs.nix, which reads
# sandbox.json.
{
  description = "The agent sandbox {{name}}: users, firewall, proxy, dotfiles and tools";

  inputs = {
    {{inputs}}
  };

  outputs = inputs: import ./modules/outputs.nix inputs;
}
