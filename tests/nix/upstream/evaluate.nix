# The outputs of a rendered flake with real inputs: home-manager, nix-darwin and system-manager from
# `sources`, with the packages of `packages` (default.nix beside this file, made whole by
# tests/nix/upstreams); NixOS from the nixpkgs in `sources`, with its own packages.
{
  tree,
  sources,
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

  nixpkgs = {
    outPath = packages;
    lib = lib // {
      nixosSystem =
        { modules }:
        import (source "nixpkgs" + "/nixos/lib/eval-config.nix") {
          system = "x86_64-linux";
          modules = modules ++ [ (import ./nixos.nix { names = /. + packages + "/names.json"; }) ];
        };
    };
    legacyPackages = lib.genAttrs [
      "aarch64-darwin"
      "aarch64-linux"
      "x86_64-darwin"
      "x86_64-linux"
    ] (system: import packages { inherit system; });
  };

  flake = call (/. + tree) {
    inherit nixpkgs;
    home-manager = call (source "home-manager") { inherit nixpkgs; };
    nix-darwin = call (source "nix-darwin") { inherit nixpkgs; };
    inherit system-manager;
  };

  # Its own inputs are overridden by the flake's `follows = ""`, which is the flake itself.
  system-manager =
    let
      real = call (source "system-manager") {
        inherit nixpkgs;
        userborn = flake;
        flake-compat = flake;
      };
    in
    if builtins.pathExists (source "nixpkgs" + "/nixos/modules/services/system/userborn.nix") then
      real
    else
      real
      // {
        lib = import ./system-manager.nix {
          inherit lib;
          source = source "system-manager";
          nixpkgs = packages;
          userborn = flake;
        };
      };

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
  activation = lib.mapAttrs (
    _name: host:
    (host.extendModules {
      modules = [ { home.homeDirectory = lib.mkForce home; } ];
    }).activationPackage
  ) flake.homeConfigurations;
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
  ) flake.darwinConfigurations;

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
