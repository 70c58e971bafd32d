# The options of one sandbox, services.agent-sandbox.NAME. The same on every kind of host.
{
  lib,
  pkgs,
  sandbox,
  # What the defaults are made of: the rendered tree and the spec's tools.
  tree,
  tools,
}:
{
  enable = lib.mkOption {
    type = lib.types.bool;
    default = true;
    description = ''
      Whether this host has the sandbox ${sandbox.name}. Importing the module is enough; this
      option switches it off again. On macOS that leaves its accounts, homes, access lists and
      /var/db/agent-sandbox/${sandbox.name} as they are, and its rules in pf until the next boot:
      `sudo /var/db/agent-sandbox/${sandbox.name}/current/bin/agent-sandbox remove` takes all of it
      away but the workspaces.
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
      The tools that the agent finds in its PATH, in one environment: the `packages.tools` of the
      sandbox's flake.
    '';
  };

  proxyPackage = lib.mkOption {
    type = lib.types.package;
    default = pkgs.mitmproxy;
    defaultText = lib.literalExpression "pkgs.mitmproxy";
    description = ''
      The package with `bin/mitmdump`, version 8 or later: the sandbox's only way out, where that is
      not `enginePackage`.
    '';
  };

  enginePackage = lib.mkOption {
    type = lib.types.nullOr lib.types.package;
    default = null;
    defaultText = lib.literalExpression "that of the spec's inputs.agent-sandbox; without it null";
    description = ''
      The package with `bin/agent-sandbox-proxy`: the sandbox's only way out, unless it is null or the
      spec's `network.engine` is `mitmproxy`.
    '';
  };

  terminalPackage = lib.mkOption {
    type = lib.types.nullOr lib.types.package;
    default = null;
    defaultText = lib.literalExpression "that of the spec's inputs.agent-sandbox; without it null";
    description = ''
      The package with `bin/agent-sandbox-terminal`, which stands between a session and its operator's
      terminal. Without it sessions have pipes alone.
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

  managed = lib.mkOption {
    type = lib.types.bool;
    default = true;
    description = ''
      Whether the settings of the agents that the spec manages stand where these read their
      administrator's: below `/etc`, and on macOS below `/Library/Application Support`, too. There a
      file that is somebody else's is left, and the activation says so.
    '';
  };

  closeNixDaemon = lib.mkOption {
    type = lib.types.bool;
    default = !(lib.elem "nix-daemon" sandbox.relax);
    defaultText = lib.literalExpression "true, unless the spec relaxes nix-daemon";
    description = ''
      Whether the Nix daemon refuses the agent's user, as the session does already by hiding the
      daemon's socket: the daemon's builders have a network of their own. `nix.settings.allowed-users`
      is then root, the administrators' group and the operators unless the host sets it, and a host
      that allows everybody or the agent does not evaluate. Only where the host's configuration
      manages Nix (`nix.enable`). In `nix.settings.trusted-users` the agent may never be.
    '';
  };
}
