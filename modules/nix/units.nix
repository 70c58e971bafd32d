# The rendered systemd units, for systemd.units, with the programs that they name taken from nixpkgs.
# Shared by NixOS and system-manager; both start a unit anew when its text has changed, and would
# not see a change in a unit of systemd.packages.
{
  lib,
  pkgs,
  sandbox,
  cfg,
  # native or mitmproxy
  engine,
  # systemd.exec(5) finds bare names in a search path that NixOS has nothing in.
  programs,
}:
let
  current = "/var/lib/agent-sandbox/${sandbox.name}/current";

  # The tree's path is another one after any change, these only when a program is: what starts one is
  # not started anew for a rule. Sessions are bound to the namespace's unit and would end with it, and
  # the proxy has their open connections. What it lets through it reads by the link, which it looks at
  # each second.
  bin = builtins.path {
    name = "${sandbox.prefix}-bin";
    path = ../bin;
  };
  proxy = builtins.path {
    name = "${sandbox.prefix}-proxy";
    path = ../proxy;
    filter = path: _type: baseNameOf path != "policy.json";
  };
  policy = "${current}/proxy/policy.json";

  program =
    word:
    if lib.hasPrefix "${bin}/" word then
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
      lib.splitString "\n" (
        lib.replaceStrings
          [
            policy
            "${current}/proxy"
            "${current}/bin"
            current
          ]
          [
            policy
            "${proxy}"
            "${bin}"
            "${cfg.tree}"
          ]
          text
      )
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

  # A switch reloads what can be reloaded: what is bound to the unit goes on.
  reloads = text: builtins.match ".*\nExecReload=.*" text != null;

  isUnit = path: builtins.match ".*\\.(path|service|socket|slice)" path != null;

  # What takes to the proxy who knows none is a part of the native engine, whichever the proxy itself is.
  isHere =
    path:
    programs ? agent-sandbox-proxy || builtins.match ".*-capture\\.(service|socket)" path == null;

  # A folder has what is another unit for the native engine.
  source =
    path:
    let
      native = ../. + "/linux/native/${baseNameOf path}";
    in
    if engine == "native" && builtins.pathExists native then native else ../. + "/${path}";

  units = lib.listToAttrs (
    map (
      path:
      let
        text = builtins.readFile (source path);
      in
      lib.nameValuePair (baseNameOf path) {
        text = rewrite text + lib.optionalString (reloads text) "[Service]\nX-ReloadIfChanged=true\n";
        wantedBy = wantedBy text;
      }
    ) (lib.filter (path: isUnit path && isHere path) sandbox.linux.units)
  );
in
{
  inherit units;

  # Each as a file, for a check.
  packages = map (
    name:
    pkgs.writeTextFile {
      inherit name;
      destination = "/lib/systemd/system/${name}";
      inherit (units.${name}) text;
    }
  ) (builtins.attrNames units);
}
