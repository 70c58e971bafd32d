# Evaluates the four modules of a rendered tree, each in the stand-in of its kind of host, and
# gives back what tests/nix/check_kinds.py compares with the tree's sandbox.json.
{ tree, standIns }:
let
  call = name: arguments: (import (standIns + "/${name}/flake.nix")).outputs arguments;
  nixpkgs = call "nixpkgs" { self = { }; };
  with' =
    name:
    (call name {
      self = { };
      inherit nixpkgs;
    }).lib;

  host = system: { nixpkgs.hostPlatform = system; };
  linux = host "x86_64-linux";

  nixos = nixpkgs.lib.nixosSystem {
    modules = [
      (tree + "/modules/nixos.nix")
      linux
    ];
  };
  darwin = (with' "nix-darwin").darwinSystem {
    modules = [
      (tree + "/modules/darwin.nix")
      (host "aarch64-darwin")
    ];
  };
  home = (with' "home-manager").homeManagerConfiguration {
    pkgs = nixpkgs.legacyPackages.x86_64-linux;
    modules = [ (tree + "/modules/home.nix") ];
  };
  systemManager = (with' "system-manager").makeSystemConfig {
    modules = [
      (tree + "/modules/system-manager.nix")
      linux
    ];
  };

  ids = builtins.mapAttrs (
    _name: entry: {
      uid = entry.uid or null;
      gid = entry.gid or null;
    }
  );
  accounts = config: {
    users = ids (config.users.users or { });
    groups = ids (config.users.groups or { });
  };
in
{
  nixos = accounts nixos.config // {
    sudo = nixos.config.security.sudo.extraConfig or null;
    tmpfiles = nixos.config.systemd.tmpfiles.rules or [ ];
    units = builtins.attrNames (nixos.config.systemd.units or { });
  };
  darwin = accounts darwin.config // {
    daemons = builtins.attrNames (darwin.config.environment.launchDaemons or { });
    activation = darwin.config.system.activationScripts.launchd.text or null;
  };
  home = {
    files = builtins.attrNames (home.config.home.file or { });
    variables = home.config.home.sessionVariables or { };
  };
  systemManager = {
    files = builtins.attrNames (systemManager.config.environment.etc or { });
    script = builtins.concatStringsSep "" (
      map (service: service.script or "") (
        builtins.attrValues (systemManager.config.systemd.services or { })
      )
    );
    units = builtins.attrNames (systemManager.config.systemd.units or { });
  };

  # Every option as its page would show it.
  options = builtins.mapAttrs (_name: option: {
    inherit (option) description;
    type = option.type.name;
  }) (builtins.head (builtins.attrValues nixos.options.services.agent-sandbox));

  # A host that trusts the agent must not evaluate.
  trusting =
    (builtins.tryEval
      (nixpkgs.lib.nixosSystem {
        modules = [
          (tree + "/modules/nixos.nix")
          linux
          { nix.settings.trusted-users = [ "*" ]; }
        ];
      }).config.networking or { }
    ).success;
}
