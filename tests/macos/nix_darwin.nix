# What modules/darwin.nix of a rendered tree comes to, for tests/macos/nix_darwin: as JSON. Evaluated in the stand-in for
# nix-darwin (tests/nix), in no store: what would be built there is named by its path.
{
  tree,
  standIns,
  # Where the tree, and the proxy, would lie in the store.
  copy,
  proxy,
  enable ? true,
}:
let
  call = name: arguments: (import (standIns + "/${name}/flake.nix")).outputs arguments;
  nixpkgs = call "nixpkgs" { self = { }; };
  inherit (nixpkgs) lib;
  sandbox = lib.importJSON (tree + "/sandbox.json");
  mac =
    (call "nix-darwin" {
      self = { };
      inherit nixpkgs;
    }).lib.darwinSystem
      {
        modules = [
          (tree + "/modules/darwin.nix")
          {
            nixpkgs.hostPlatform = "aarch64-darwin";
            services.agent-sandbox.${sandbox.name} = {
              inherit enable;
              tree = lib.mkForce copy;
              proxyPackage = lib.mkForce {
                type = "derivation";
                name = "mitmproxy";
                outPath = proxy;
              };
              enginePackage = lib.mkForce null;
            };
          }
        ];
      };
  inherit (mac) config;
  text = name: config.system.activationScripts.${name}.text or "";
in
{
  users = builtins.mapAttrs (_name: one: {
    inherit (one)
      uid
      gid
      home
      shell
      description
      ;
    createHome = one.createHome or false;
  }) (config.users.users or { });
  groups = builtins.mapAttrs (_name: one: {
    inherit (one) gid;
    members = one.members or [ ];
  }) (config.users.groups or { });
  plists = builtins.mapAttrs (_name: one: builtins.toString one.source) (
    config.environment.launchDaemons or { }
  );
  sudoers = config.security.sudo.extraConfig or "";
  afterUsers = text "users";
  beforeDaemons = text "launchd";
}
