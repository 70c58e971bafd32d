# For NixOS, nix-darwin and system-manager: the generator in the system's PATH.
{
  lib,
  pkgs,
  config,
  ...
}:
let
  cfg = config.programs.agent-sandbox;
in
{
  options.programs.agent-sandbox = import ./options.nix { inherit lib pkgs; };

  config = lib.mkIf cfg.enable { environment.systemPackages = [ cfg.package ]; };
}
