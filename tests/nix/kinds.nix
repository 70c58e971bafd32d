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
    users = ids config.users.users;
    groups = ids config.users.groups;
  };
  # A module without a part for its system must evaluate, too: to nothing.
  sandbox = nixpkgs.lib.importJSON (tree + "/sandbox.json");
  only =
    family: host: result:
    if sandbox ? ${family} then result else { nothing = host.config.users or null; };
in
{
  nixos = only "linux" nixos (
    accounts nixos.config
    // {
      sudo = nixos.config.security.sudo.extraConfig;
      tmpfiles = nixos.config.systemd.tmpfiles.rules;
      units = builtins.attrNames nixos.config.systemd.units;
    }
  );
  darwin = only "darwin" darwin (
    accounts darwin.config
    // {
      daemons = builtins.attrNames darwin.config.environment.launchDaemons;
      activation = darwin.config.system.activationScripts.launchd.text;
    }
  );
  home = {
    files = builtins.attrNames home.config.home.file;
    variables = home.config.home.sessionVariables;
  };
  systemManager = only "linux" systemManager {
    files = builtins.attrNames systemManager.config.environment.etc;
    script = builtins.concatStringsSep "" (
      map (service: service.script) (builtins.attrValues systemManager.config.systemd.services)
    );
    units = builtins.attrNames systemManager.config.systemd.units;
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
