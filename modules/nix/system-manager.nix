# system-manager on another distribution: the same units, with the users made by systemd-sysusers
# as `agent-sandbox apply` makes them. The dotfiles are home.nix's.
{
  lib,
  pkgs,
  config,
  ...
}:
let
  common = import ./common.nix { inherit lib pkgs config; };
  inherit (common) sandbox cfg;
  daemon = common.daemonFor "sudo";

  # The host's own: it belongs to the systemd that runs there.
  units = common.unitsWith "/usr/lib/systemd/systemd-socket-proxyd";

  firstUnit = "${sandbox.prefix}-users";
  tmpfiles = "${cfg.tree}/${sandbox.linux.tmpfiles}";

  # systemd-sysusers gives another uid when one is taken, and exits 0.
  check =
    { name, uid, ... }:
    ''
      [ "$(id -u ${name})" = ${toString uid} ] || {
        echo '${name} does not have the uid ${toString uid}: another user has it' >&2
        exit 1
      }
    '';
  # The host's own systemd tools, which read its user database.
  makeUsers = ''
    /usr/bin/systemd-sysusers ${cfg.tree}/${sandbox.linux.sysusers}
    ${check sandbox.agent}
    ${check sandbox.proxy}
    /usr/bin/systemd-tmpfiles --create ${tmpfiles}
    ln -sfn ${cfg.tree} /var/lib/agent-sandbox/${sandbox.name}/current
    ${common.denyJobs}${common.loginKey "/usr"}
  ''
  + ''
    # All of them: who is no operator any more is in it no longer.
    /usr/bin/gpasswd --members ${lib.escapeShellArg members} ${sandbox.share.name}
  '';
  members = lib.concatStringsSep "," ([ sandbox.agent.name ] ++ cfg.operators);

  # An activation starts system-manager.target, which multi-user.target stands for: sysinit.target
  # and sockets.target are left until the next boot.
  activated =
    unit:
    unit
    // lib.optionalAttrs (unit.wantedBy != [ ]) {
      wantedBy = lib.unique (unit.wantedBy ++ [ "multi-user.target" ]);
    };
in
{
  inherit (common) options;

  config = lib.mkIf (cfg.enable && sandbox ? linux) {
    assertions = common.assertions ++ daemon.assertions;
    nix = { inherit (daemon) settings; };

    environment.etc = {
      "sysusers.d/${sandbox.prefix}.conf".source = "${cfg.tree}/${sandbox.linux.sysusers}";
      "systemd/journald@${sandbox.prefix}.conf".source = "${cfg.tree}/${sandbox.linux.journald}";
      "sudoers.d/${sandbox.prefix}" = {
        source = "${cfg.tree}/${sandbox.linux.sudoers}";
        mode = "0440";
      };
      # In the session's PATH, as NixOS has it for a user's own packages.
      "profiles/per-user/${sandbox.agent.name}".source = cfg.package;
    }
    // common.managedEtc;

    systemd.units = lib.mapAttrs (_name: activated) units.units;

    systemd.services.${firstUnit} = {
      description = "Users and folders of the sandbox ${sandbox.name}";
      wantedBy = [ "multi-user.target" ];
      requiredBy = [ "${sandbox.prefix}-nft.service" ];
      before = [ "${sandbox.prefix}-nft.service" ];
      unitConfig.DefaultDependencies = false;
      unitConfig.RequiresMountsFor = "/var/lib/agent-sandbox";
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
      path = [
        pkgs.coreutils
        pkgs.gnugrep
      ];
      script = makeUsers;
      # Started anew, it would take along all that requires it, sessions too.
      reload = makeUsers;
    };

    environment.systemPackages = common.commands;
  };
}
