# The outputs of a rendered flake with real inputs: home-manager, nix-darwin and system-manager from
# `sources`, and NixOS. Evaluated with the packages of `nixpkgs`, where that is one of their time; with
# those of `packages` (default.nix beside this file, made whole by tests/nix/upstreams) where it is
# not, and for what is built here.
{
  tree,
  sources,
  nixpkgs,
  packages,
  # Where home-manager's activation is to run.
  home ? "/nowhere",
}:
let
  lib = import (packages + "/lib");
  source = name: /. + sources + "/${name}";

  # As Nix calls a flake.
  call =
    path: inputs:
    let
      outputs = (import (path + "/flake.nix")).outputs (inputs // { inherit self; });
      self = outputs // {
        outPath = toString path;
        inherit inputs outputs;
      };
    in
    self;

  realNixpkgs = /. + nixpkgs;
  modern = builtins.pathExists (realNixpkgs + "/nixos/modules/services/system/userborn.nix");

  nixpkgsOf = path: {
    outPath = path;
    lib = lib // {
      nixosSystem =
        { modules }:
        import (realNixpkgs + "/nixos/lib/eval-config.nix") {
          system = "x86_64-linux";
          modules = modules ++ [ (import ./nixos.nix { names = /. + packages + "/names.json"; }) ];
        };
    };
    legacyPackages = lib.genAttrs [
      "aarch64-darwin"
      "aarch64-linux"
      "x86_64-darwin"
      "x86_64-linux"
    ] (system: import path { inherit system; });
  };

  # system-manager's own inputs are overridden by the flake's `follows = ""`, which is the flake itself.
  flakeWith =
    nixpkgs: systemManager:
    let
      flake = call (/. + tree) {
        inherit nixpkgs;
        # A placeholder: the project's own would be built.
        agent-sandbox.packages = lib.mapAttrs (system: _pkgs: {
          inherit (import packages { inherit system; }) agent-sandbox-proxy agent-sandbox-terminal;
        }) nixpkgs.legacyPackages;
        home-manager = call (source "home-manager") { inherit nixpkgs; };
        nix-darwin = call (source "nix-darwin") { inherit nixpkgs; };
        system-manager = systemManager (
          call (source "system-manager") {
            inherit nixpkgs;
            userborn = flake;
            flake-compat = flake;
          }
        );
      };
    in
    flake;

  built = flakeWith (nixpkgsOf packages) (
    real:
    real
    // {
      lib = import ./system-manager.nix {
        inherit lib;
        source = source "system-manager";
        nixpkgs = packages;
        userborn = built;
      };
    }
  );
  flake = if modern then flakeWith (nixpkgsOf (toString realNixpkgs)) (real: real) else built;

  config = lib.mapAttrs (_name: host: host.config);
in
{
  nixos = lib.mapAttrs (_name: config: config.system.build.toplevel) (config flake.nixosConfigurations);
  darwin = lib.mapAttrs (_name: host: host.system) flake.darwinConfigurations;
  home-manager = lib.mapAttrs' (
    name: host: lib.nameValuePair (lib.last (lib.splitString "@" name)) host.activationPackage
  ) flake.homeConfigurations;
  system-manager = flake.systemConfigs;

  # What can be built and run here.
  system = built.systemConfigs;
  activation = lib.mapAttrs (
    _name: host:
    (host.extendModules {
      modules = [ { home.homeDirectory = lib.mkForce home; } ];
    }).activationPackage
  ) built.homeConfigurations;
  # The manuals take nixpkgs' own documentation.
  darwinSystem = lib.mapAttrs (
    _name: host:
    (host.extendModules {
      modules = [
        {
          documentation.enable = false;
          system.tools.darwin-uninstaller.enable = false;
        }
      ];
    }).system
  ) built.darwinConfigurations;

  values = {
    nixos = lib.mapAttrs (_name: config: {
      users = lib.mapAttrs (_user: user: { inherit (user) uid group home; }) config.users.users;
      groups = lib.mapAttrs (_group: group: { inherit (group) gid members; }) config.users.groups;
      sudo = config.security.sudo.extraConfig;
      tmpfiles = config.systemd.tmpfiles.rules;
      units = lib.mapAttrs (_unit: unit: { inherit (unit) text wantedBy; }) config.systemd.units;
    }) (config flake.nixosConfigurations);
    darwin = lib.mapAttrs (_name: config: {
      users = lib.mapAttrs (_user: user: { inherit (user) uid gid home; }) config.users.users;
      groups = lib.mapAttrs (_group: group: { inherit (group) gid members; }) config.users.groups;
      known = config.users.knownUsers ++ config.users.knownGroups;
      daemons = lib.attrNames config.environment.launchDaemons;
    }) (config flake.darwinConfigurations);
  };
}
