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

  # What agents read as their administrator's settings.
  managed = lib.optionals cfg.managed (sandbox.managed or [ ]);
  managedEtc = lib.listToAttrs (
    map (
      one:
      lib.nameValuePair (builtins.substring (builtins.stringLength "/etc/") (-1) one.linux) {
        source = "${cfg.tree}/${one.file}";
      }
    ) managed
  );

  tools = pkgs.buildEnv {
    name = "${sandbox.prefix}-tools";
    paths = map findPackage sandbox.packages.nix;
  };

  # Which program the proxy is, as a host that Nix applies cannot be asked what is installed there.
  engine =
    if sandbox.network.engine != "mitmproxy" && cfg.enginePackage != null then
      "native"
    else
      "mitmproxy";
  program = if engine == "native" then "agent-sandbox-proxy" else "mitmdump";
  proxy = "${if engine == "native" then cfg.enginePackage else cfg.proxyPackage}/bin/${program}";

  # With the systemd-socket-proxyd of the host's systemd.
  unitsWith =
    socketProxy:
    import ./units.nix {
      inherit
        lib
        pkgs
        sandbox
        cfg
        engine
        ;
      programs = {
        nft = "${pkgs.nftables}/bin/nft";
        ip = "${pkgs.iproute2}/bin/ip";
        systemd-socket-proxyd = socketProxy;
        ${program} = proxy;
      }
      // lib.optionalAttrs (cfg.enginePackage != null) {
        agent-sandbox-proxy = "${cfg.enginePackage}/bin/agent-sandbox-proxy";
      };
    };

  # What an operator's commands find in the host's own profile.
  commands = [ control ] ++ lib.optional (cfg.terminalPackage != null) cfg.terminalPackage;

  # What must hold wherever a module of ours makes a proxy. What a spec accepts its README.md states.
  assertions = [
    {
      assertion =
        engine == "native"
        || (sandbox.network.engine != "native" && !(sandbox ? logins))
        || (lib.importJSON ../spec.json).unenforced or "refuse" == "accept";
      message = "${sandbox.prefix}: network.engine is native: give the spec inputs.agent-sandbox, or the host the enginePackage";
    }
  ];

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

  # What tmpfiles.d(5) does not do: a line in a list that is there already. cron ignores one without
  # its newline.
  denyJobs = ''
    for list in /etc/cron.deny /etc/at.deny; do
      [ ! -e "$list" ] || grep -qxF ${sandbox.agent.name} "$list" || {
        [ -z "$(tail -c 1 "$list")" ] || echo
        echo ${sandbox.agent.name}
      } >>"$list" || echo "${sandbox.prefix}: ${sandbox.agent.name} is not in $list" >&2
    done
  '';

  # Under which the proxy's engine keeps logins, encrypted for this host (host/kinds/login.py).
  loginKey =
    systemd:
    lib.optionalString (sandbox ? logins) ''
      [ -e /var/lib/agent-sandbox/${sandbox.name}/login-key.cred ] || (
        umask 077
        mkdir -p /var/lib/agent-sandbox/${sandbox.name}
        chmod 755 /var/lib/agent-sandbox /var/lib/agent-sandbox/${sandbox.name}
        cd /var/lib/agent-sandbox/${sandbox.name}
        key=$(head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
        echo "$key" | ${systemd}/bin/systemd-creds encrypt --name=login-key - .login-key.new &&
          chmod 400 .login-key.new && mv .login-key.new login-key.cred
      ) || echo "${sandbox.prefix}: no key for its logins" >&2
    '';

  # See daemon.nix; `administrators` is the host's group of them.
  daemonFor =
    administrators:
    import ./daemon.nix {
      inherit
        lib
        sandbox
        cfg
        administrators
        ;
      inherit (config) nix;
    };

  options.services.agent-sandbox.${sandbox.name} = import ./options.nix {
    inherit
      lib
      pkgs
      sandbox
      tree
      tools
      ;
  };
}
