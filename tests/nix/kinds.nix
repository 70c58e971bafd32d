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

  # The native engine, as the flake gives it; `bare` are hosts without.
  engine.services.agent-sandbox.${sandbox.name}.enginePackage =
    nixpkgs.legacyPackages.x86_64-linux.runCommand "engine" { } "mkdir $out";
  bare.services.agent-sandbox.${sandbox.name}.enginePackage = nixpkgs.lib.mkForce null;

  host = system: { nixpkgs.hostPlatform = system; };
  linux = host "x86_64-linux";

  nixosWith =
    more:
    nixpkgs.lib.nixosSystem {
      modules = [
        (tree + "/modules/nixos.nix")
        linux
        engine
        more
      ];
    };
  darwinWith =
    more:
    (with' "nix-darwin").darwinSystem {
      modules = [
        (tree + "/modules/darwin.nix")
        (host "aarch64-darwin")
        engine
        more
      ];
    };
  nixos = nixosWith { };
  darwin = darwinWith { };
  home = (with' "home-manager").homeManagerConfiguration {
    pkgs = nixpkgs.legacyPackages.x86_64-linux;
    modules = [ (tree + "/modules/home.nix") ];
  };
  systemManagerWith =
    more:
    (with' "system-manager").makeSystemConfig {
      modules = [
        (tree + "/modules/system-manager.nix")
        linux
        engine
        more
      ];
    };
  systemManager = systemManagerWith { };

  # What would be started, and null where the host does not evaluate.
  started =
    result: host:
    if (builtins.tryEval host.config.nix.enable).success then result host.config else null;
  texts = started (config: builtins.mapAttrs (_name: unit: unit.text) config.systemd.units);
  onMac = started (config: config.system.activationScripts.launchd.text);

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
      files = builtins.attrNames nixos.config.environment.etc;
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

  # Whose settings of the agents are another's.
  unmanaged = only "darwin" darwin {
    activation = onMac (darwinWith {
      services.agent-sandbox.${sandbox.name}.managed = false;
    });
  };

  engines = {
    nixos = only "linux" nixos {
      given = texts nixos;
      bare = texts (nixosWith bare);
    };
    systemManager = only "linux" systemManager {
      given = texts systemManager;
      bare = texts (systemManagerWith bare);
    };
    darwin = only "darwin" darwin {
      given = onMac darwin;
      bare = onMac (darwinWith bare);
    };
  };

  # Every option as its page would show it.
  options = builtins.mapAttrs (_name: option: {
    inherit (option) description;
    type = option.type.name;
  }) (builtins.head (builtins.attrValues nixos.options.services.agent-sandbox));

  allowed = {
    nixos = nixos.config.nix.settings.allowed-users or null;
    darwin = darwin.config.nix.settings.allowed-users or null;
  };

  # Which hosts evaluate, as far as their assertions go.
  evaluates = builtins.mapAttrs (_name: host: (builtins.tryEval (host.config.nix.enable)).success) {
    trusting = nixosWith { nix.settings.trusted-users = [ "*" ]; };
    trustingDarwin = darwinWith { nix.settings.trusted-users = [ "@${sandbox.share.name}" ]; };
    allowing = nixosWith { nix.settings.allowed-users = [ "*" ]; };
    allowingDarwin = darwinWith { nix.settings.allowed-users = [ sandbox.agent.name ]; };
    opened = nixosWith {
      nix.settings.allowed-users = [ "*" ];
      services.agent-sandbox.${sandbox.name}.closeNixDaemon = false;
    };
    # What nix-darwin has there where it does not manage Nix.
    unmanaged = darwinWith {
      nix.enable = false;
      nix.settings = nixpkgs.lib.mkForce (throw "read while nix.enable is off");
    };
  };
}
