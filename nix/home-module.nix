# For home-manager: the generator in the user's PATH.
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

  config = lib.mkIf cfg.enable { home.packages = [ cfg.package ]; };
}
