# The rendered systemd units, with the programs that they name taken from nixpkgs. Shared by NixOS
# and system-manager.
{
  lib,
  pkgs,
  sandbox,
  cfg,
  # systemd.exec(5) finds bare names in a search path that NixOS has nothing in.
  programs,
}:
let
  current = "/var/lib/agent-sandbox/${sandbox.name}/current";

  program =
    word:
    if lib.hasPrefix "${cfg.tree}/" word then
      word
    else
      programs.${baseNameOf word}
        or (throw "${sandbox.prefix}: modules/units.nix knows no package for the program ${word}");

  # systemd.service(5), "COMMAND LINES": prefix characters, the program, its arguments.
  commandLine =
    line:
    let
      parts = builtins.match "(Exec[A-Za-z]*=[-@:+!]*)([^ ]+)(.*)" line;
    in
    if parts == null then
      line
    else
      builtins.elemAt parts 0 + program (builtins.elemAt parts 1) + builtins.elemAt parts 2;

  rewrite =
    text:
    lib.concatMapStringsSep "\n" commandLine (
      lib.splitString "\n" (lib.replaceStrings [ current ] [ "${cfg.tree}" ] text)
    );

  # Distributions enable a unit by its [Install] section, which Nix's unit generators ignore.
  wantedBy =
    text:
    lib.concatMap (
      line:
      let
        targets = builtins.match "WantedBy=(.*)" line;
      in
      if targets == null then [ ] else lib.splitString " " (builtins.head targets)
    ) (lib.splitString "\n" text);

  isUnit = path: builtins.match ".*\\.(path|service|socket|slice)" path != null;

  units = map (path: {
    name = baseNameOf path;
    text = builtins.readFile (../. + "/${path}");
  }) (lib.filter isUnit sandbox.linux.units);
in
{
  inherit units;

  # For systemd.packages.
  packages = map (
    unit:
    pkgs.writeTextFile {
      name = unit.name;
      destination = "/lib/systemd/system/${unit.name}";
      text = rewrite unit.text;
    }
  ) units;

  # For systemd.units: what enables them.
  dropIns = lib.listToAttrs (
    map (
      unit:
      lib.nameValuePair unit.name {
        overrideStrategy = "asDropin";
        wantedBy = wantedBy unit.text;
        text = "[Unit]\n";
      }
    ) units
  );
}
