# NixOS: the users, the firewall, the proxy, the forwards and the operators' entry, so that a rebuild
# leaves the host as `agent-sandbox apply` would.
{
  lib,
  pkgs,
  config,
  ...
}:
let
  common = import ./common.nix { inherit lib pkgs config; };
  inherit (common) sandbox cfg;
  daemon = common.daemonFor "wheel";

  units = common.unitsWith "${config.systemd.package}/lib/systemd/systemd-socket-proxyd";

  readTree = path: builtins.readFile (../. + "/${path}");
  state = "/var/lib/agent-sandbox/${sandbox.name}";
  home = sandbox.agent.home.linux;

  # Every folder on the way to a dotfile must be the agent's, or a tool cannot write beside it.
  parents =
    path:
    let
      above = dirOf path;
    in
    if above == "." then [ ] else parents above ++ [ above ];

  dotfiles = map (file: file.path) sandbox.dotfiles;
  dotfileFolders = lib.unique (lib.concatMap parents dotfiles);
  agentOwns = "${sandbox.agent.name} ${sandbox.agent.name}";
in
{
  inherit (common) options;

  config = lib.mkIf (cfg.enable && sandbox ? linux) {
    assertions = common.assertions ++ daemon.assertions;
    nix = { inherit (daemon) settings; };

    users.groups = {
      ${sandbox.agent.name}.gid = sandbox.agent.uid;
      ${sandbox.proxy.name}.gid = sandbox.proxy.uid;
      ${sandbox.relay.name} = { };
      ${sandbox.share.name} = {
        gid = sandbox.share.gid;
        members = [ sandbox.agent.name ] ++ cfg.operators;
      };
    };

    users.users = {
      ${sandbox.agent.name} = {
        description = "agent of sandbox ${sandbox.name}";
        uid = sandbox.agent.uid;
        group = sandbox.agent.name;
        isNormalUser = true;
        inherit home;
        homeMode = "0700";
        createHome = true;
        hashedPassword = "!";
        shell = pkgs.${if sandbox.agent.shell == "zsh" then "zsh" else "bashInteractive"};
        ignoreShellProgramCheck = true;
        # The firewall tells the agent by its uid: a range of others would pass it by.
        autoSubUidGidRange = false;
        packages = [ cfg.package ];
      };
      ${sandbox.proxy.name} = {
        description = "proxy of sandbox ${sandbox.name}";
        uid = sandbox.proxy.uid;
        group = sandbox.proxy.name;
        isSystemUser = true;
      };
      ${sandbox.relay.name} = {
        description = "relay of sandbox ${sandbox.name}";
        group = sandbox.relay.name;
        isSystemUser = true;
      };
    };

    systemd.units = units.units;
    system.activationScripts = {
      "${sandbox.prefix}-jobs".text = common.denyJobs;
    }
    // lib.optionalAttrs (sandbox ? logins) {
      "${sandbox.prefix}-login-key".text = common.loginKey config.systemd.package;
    };
    environment.etc = {
      "systemd/journald@${sandbox.prefix}.conf".text = readTree sandbox.linux.journald;
    }
    // common.managedEtc;

    systemd.tmpfiles.packages = [
      (pkgs.writeTextFile {
        name = "${sandbox.prefix}-tmpfiles";
        destination = "/lib/tmpfiles.d/${sandbox.prefix}.conf";
        text = readTree sandbox.linux.tmpfiles;
      })
    ];

    # The link that the control script and sudoers go by, and the dotfiles.
    systemd.tmpfiles.rules = [
      "L+ ${state}/current - - - - ${cfg.tree}"
    ]
    ++ map (folder: "d ${home}/${folder} 0700 ${agentOwns}") dotfileFolders
    ++ map (file: "L+ ${home}/${file} - ${agentOwns} - ${cfg.tree}/home/${file}") dotfiles;

    # Last, as the file's own rules for the agent want it.
    security.sudo.extraConfig = lib.mkAfter (readTree sandbox.linux.sudoers);

    # What the control script needs beyond a NixOS system of its own.
    environment.systemPackages = common.commands ++ [
      pkgs.acl
      pkgs.dtach # sessions that outlive their terminal
      pkgs.nftables
      pkgs.python3
    ];
  };
}
