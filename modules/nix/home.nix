# home-manager, for the agent's own user: dotfiles, environment and tools. Users, firewall and
# proxy are the system's part: nixos.nix, darwin.nix, system-manager.nix, or `agent-sandbox apply`.
{
  lib,
  pkgs,
  config,
  ...
}:
let
  common = import ./common.nix { inherit lib pkgs config; };
  inherit (common) sandbox cfg;

  family = if pkgs.stdenv.hostPlatform.isDarwin then "darwin" else "linux";

  # home-manager writes NAME="value" into a shell script and escapes nothing in it.
  inDoubleQuotes = lib.escape [
    "\\"
    "\""
    "$"
    "`"
  ];

  variables = sandbox.environment // sandbox.proxyEnvironment.${family} or { };
in
{
  inherit (common) options;

  config = lib.mkIf cfg.enable {
    home.username = lib.mkDefault sandbox.agent.name;
    home.homeDirectory = lib.mkDefault sandbox.agent.home.${family};
    home.stateVersion = lib.mkDefault "25.11";

    home.packages = [ cfg.package ];
    home.sessionVariables = lib.mapAttrs (_: inDoubleQuotes) variables;

    home.file = lib.listToAttrs (
      map (
        file:
        lib.nameValuePair file.path {
          source = "${cfg.tree}/home/${file.path}";
          inherit (file) executable;
        }
      ) sandbox.dotfiles
    );

    # Nobody reads them here, and building them is most of an evaluation.
    manual.manpages.enable = lib.mkDefault false;
  };
}
