# A NixOS, or nix-darwin, of declarations alone, in the real module system: what the modules of a rendered
# sandbox and of the real engines set, and no more. What a rebuild would make of it is not asked here.
let
  lib = import ./lib;
  inherit (lib) types;
in
{
  modules,
  specialArgs ? { },
  system ? null,
  ...
}:
let
  option = type: lib.mkOption { inherit type; };
  orElse = type: default: lib.mkOption { inherit type default; };
  anything = orElse types.anything { };
  list = orElse (types.listOf types.anything) [ ];
  sets = orElse (types.attrsOf (types.attrsOf types.anything)) { };
  text = orElse types.lines "";

  declarations =
    { config, ... }:
    {
      options = {
        assertions = list;
        warnings = list;
        boot.loader.grub = anything;
        boot.loader.systemd-boot.enable = orElse types.bool false;
        environment.etc = anything;
        environment.launchDaemons = anything;
        environment.systemPackages = list;
        fileSystems = sets;
        homebrew.brews = list;
        homebrew.casks = list;
        launchd.daemons = anything;
        networking.firewall.allowedTCPPorts = list;
        networking.hostName = option types.str;
        networking.proxy.envVars = anything;
        nix.enable = orElse types.bool true;
        nix.package = orElse types.anything "nix";
        nix.settings = anything;
        nixpkgs.config = anything;
        nixpkgs.hostPlatform = option types.anything;
        nixpkgs.overlays = list;
        programs.ssh.package = orElse types.anything "ssh";
        security.pki.caBundle = orElse types.str "/ca";
        security.sudo.extraConfig = text;
        system.activationScripts = orElse (types.attrsOf (types.submodule { options.text = text; })) { };
        system.build = anything;
        system.stateVersion = option types.anything;
        systemd.package = orElse types.anything "systemd";
        systemd.packages = list;
        systemd.paths = anything;
        systemd.services = anything;
        systemd.tmpfiles.packages = list;
        systemd.tmpfiles.rules = list;
        systemd.units = anything;
        systemd.user = anything;
        users.groups = sets;
        users.knownGroups = list;
        users.knownUsers = list;
        users.users = sets;
      };
      config = {
        _module.args.pkgs = import ./. { system = config.nixpkgs.hostPlatform; };
        # As NixOS does, before anything is built.
        system.build.toplevel =
          let
            failed = lib.filter (one: !one.assertion) config.assertions;
          in
          if failed == [ ] then
            config._module.args.pkgs.runCommand "host-${config.networking.hostName}" { } "mkdir $out"
          else
            throw (lib.concatMapStringsSep "\n" (one: one.message) failed);
      };
    };
in
lib.evalModules {
  inherit specialArgs;
  modules = [ declarations ] ++ modules;
}
