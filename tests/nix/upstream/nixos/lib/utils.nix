# The part of NixOS' utils that system-manager's own modules go by, for sources that have it not:
# types of units, and units as text.
{
  lib,
  config,
  pkgs,
}:
let
  inherit (lib) mkOption types;

  list = mkOption {
    type = types.listOf types.str;
    default = [ ];
  };
  common = {
    enable = mkOption {
      type = types.bool;
      default = true;
    };
    wantedBy = list;
    requiredBy = list;
    aliases = list;
  };

  unit =
    { name, config, ... }:
    {
      options = common // {
        text = mkOption { type = types.str; };
        unit = mkOption {
          default = pkgs.runCommand "unit-${name}" { inherit (config) text; } ''
            mkdir $out
            printf %s "$text" >$out/${name}
          '';
        };
      };
    };

  source = {
    freeformType = types.attrsOf types.anything;
    options = common // {
      startAt = list;
    };
  };

  script =
    name: text:
    "${pkgs.writeShellScript name ''
      set -e
      ${text}
    ''}";
  lines =
    section: attributes:
    lib.concatStringsSep "\n" (
      [ "[${section}]" ] ++ lib.mapAttrsToList (name: value: "${name}=${toString value}") attributes ++ [ "" ]
    );
  toUnit = config: {
    inherit (config) enable wantedBy requiredBy;
    text =
      lines "Unit" (
        config.unitConfig or { } // lib.optionalAttrs (config ? before) { Before = toString config.before; }
      )
      + lines "Service" (
        config.serviceConfig or { }
        // lib.optionalAttrs (config ? script) { ExecStart = script "start" config.script; }
        // lib.optionalAttrs (config ? reload) { ExecReload = script "reload" config.reload; }
      );
  };
in
{
  toShellPath = toString;
  escapeSystemdPath = lib.replaceStrings [ "/" ] [ "-" ];
  systemdUtils = {
    types = {
      units = types.attrsOf (types.submodule unit);
      mounts = types.listOf types.anything;
      automounts = types.listOf types.anything;
    }
    // lib.genAttrs [
      "paths"
      "services"
      "slices"
      "sockets"
      "targets"
      "timers"
    ] (_kind: types.attrsOf (types.submodule source));
    lib = lib.genAttrs [
      "automountToUnit"
      "mountToUnit"
      "pathToUnit"
      "serviceToUnit"
      "sliceToUnit"
      "socketToUnit"
      "targetToUnit"
      "timerToUnit"
    ] (_kind: toUnit);
  };
}
