# What NixOS brings: the options that our modules may set, and the values that they read.
{
  known = [
    "assertions"
    "boot.loader"
    "environment.etc"
    "environment.systemPackages"
    "fileSystems./"
    "networking.hostName"
    "nix.enable"
    "nix.settings"
    "nixpkgs.hostPlatform"
    "security.sudo"
    "services.agent-sandbox"
    "system.activationScripts"
    "system.stateVersion"
    "systemd.package"
    "systemd.packages"
    "systemd.tmpfiles"
    "systemd.units"
    "users.groups"
    "users.users"
  ];
  module =
    { lib, pkgs, ... }:
    {
      nix.enable = lib.mkDefault true;
      nix.settings.trusted-users = [ "root" ];
      systemd.package = lib.mkDefault pkgs.systemd;
    };
  # What a rebuild would build, as far as we had a part in it.
  result =
    pkgs: evaluated:
    let
      inherit (evaluated) config;
      unit =
        name:
        pkgs.writeTextFile {
          inherit name;
          inherit (config.systemd.units.${name}) text;
          destination = "/lib/systemd/system/${name}";
        };
      packages = map unit (builtins.attrNames config.systemd.units);
      installed = config.environment.systemPackages;
      toplevel = pkgs.runCommand "nixos" { inherit packages installed; } ''
        mkdir -p $out/units
        echo $installed >$out/installed
        for package in $packages; do
          cp "$package"/lib/systemd/system/* $out/units/
        done
      '';
    in
    evaluated
    // {
      config = config // {
        system = config.system // {
          build.toplevel = toplevel;
        };
      };
    };
}
