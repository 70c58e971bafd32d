# What the modules for NixOS, nix-darwin, home-manager and system-manager share: the sandbox's
# data, its rendered tree in the store, its tools, and the options.
#
# Nothing here depends on a flake input: the modules work in any evaluation of nixpkgs.
{
  lib,
  pkgs,
  config,
}:
let
  sandbox = lib.importJSON ../sandbox.json;
  cfg = config.services.agent-sandbox.${sandbox.name};

  # Unfree packages pass by name, whatever the host's own nixpkgs allows; its overlays stand.
  packageSet =
    if sandbox.packages.unfree == [ ] then
      pkgs
    else
      import pkgs.path {
        inherit (pkgs.stdenv.hostPlatform) system;
        overlays = pkgs.overlays or [ ];
        config = (pkgs.config or { }) // {
          allowUnfreePredicate = p: lib.elem (lib.getName p) sandbox.packages.unfree;
        };
      };

  findPackage =
    name:
    let
      missing = throw "${sandbox.prefix}: this nixpkgs has no package ${name}";
    in
    lib.attrByPath (lib.splitString "." name) missing packageSet;
in
rec {
  inherit sandbox cfg;

  # The committed tree. Its .git is not part of it; inside a flake there is none anyway.
  tree = builtins.path {
    name = sandbox.prefix;
    path = ../.;
    filter = path: _type: baseNameOf path != ".git";
  };

  tools = pkgs.buildEnv {
    name = "${sandbox.prefix}-tools";
    paths = map findPackage sandbox.packages.nix;
  };

  # The control script of the applied tree, as a command.
  control = pkgs.writeTextFile {
    name = sandbox.prefix;
    executable = true;
    destination = "/bin/${sandbox.prefix}";
    text = ''
      #!/bin/sh
      exec ${cfg.tree}/bin/agent-sandbox "$@"
    '';
  };

  # Whether the agent's user could pass for someone whom the Nix daemon trusts.
  trustsAgent =
    users:
    lib.any (user: lib.elem user users) [
      "*"
      sandbox.agent.name
      "@${sandbox.agent.name}"
      "@${sandbox.share.name}"
    ];

  neverTrusted = users: {
    assertion = !trustsAgent users;
    message = "${sandbox.prefix}: nix.settings.trusted-users must not hold the agent";
  };

  options.services.agent-sandbox.${sandbox.name} = {
    enable = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = ''
        Whether this host has the sandbox ${sandbox.name}. Importing the module is enough; this
        option switches it off again.
      '';
    };

    tree = lib.mkOption {
      type = lib.types.path;
      default = tree;
      defaultText = lib.literalExpression "the rendered repository, in the store";
      description = ''
        The rendered repository of the sandbox: units, rules, policy and control script are taken
        from it.
      '';
    };

    package = lib.mkOption {
      type = lib.types.package;
      default = tools;
      defaultText = lib.literalExpression "pkgs.buildEnv of the spec's packages";
      description = ''
        The tools that the agent finds in its PATH, in one environment.
      '';
    };

    proxyPackage = lib.mkOption {
      type = lib.types.package;
      default = pkgs.mitmproxy;
      defaultText = lib.literalExpression "pkgs.mitmproxy";
      description = ''
        The package with `bin/mitmdump`, version 8 or later: the sandbox's only way out.
      '';
    };

    operators = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = sandbox.operators;
      defaultText = lib.literalExpression "the spec's operators";
      description = ''
        The users who share the workspaces with the agent, as members of the group
        `${sandbox.share.name}`. What they may do through sudo is in the rendered sudoers file.
      '';
    };
  };
}
