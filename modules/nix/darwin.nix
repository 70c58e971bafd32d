# nix-darwin: the users, the firewall's guard, the proxy and the operators' entry, so that
# `darwin-rebuild switch` leaves the Mac as `agent-sandbox apply` would.
{
  lib,
  pkgs,
  config,
  ...
}:
let
  common = import ./common.nix { inherit lib pkgs config; };
  inherit (common) sandbox cfg;
  daemon = common.daemonFor "admin";

  state = "/var/db/agent-sandbox/${sandbox.name}";
  home = sandbox.agent.home.darwin;
  agent = sandbox.agent.name;
  proxy = sandbox.proxy.name;
  share = sandbox.share.name;
  brew = sandbox.packages.homebrew;

  # launchd and pf start before /nix may be mounted, so the tree is copied, as apply does it. Rules
  # are loaded before anything else of the tree is in force. Of the jobs, nix-darwin starts one anew
  # only when its plist has changed, and the proxy reads nothing but its policy again.
  copyTree = ''
    mkdir -p ${state}/generations
    chown 0:0 /var/db/agent-sandbox ${state} ${state}/generations
    chmod 0755 /var/db/agent-sandbox ${state} ${state}/generations
    generation=$(basename ${cfg.tree})
    if [ ! -d "${state}/generations/$generation" ]; then
      rm -rf ${state}/generations/.new
      cp -R ${cfg.tree} ${state}/generations/.new
      chown -R 0:0 ${state}/generations/.new
      chmod -R u+w,go-w ${state}/generations/.new
      mv ${state}/generations/.new "${state}/generations/$generation"
    fi
    "${state}/generations/$generation/bin/pf-guard" keep ${sandbox.name} ${toString sandbox.agent.uid} ||
      echo '${sandbox.prefix}: no firewall, no session: see pf-guard above' >&2
    restart=
    diff -rq -x policy.json "${state}/generations/$generation/proxy" ${state}/current/proxy \
      >/dev/null 2>&1 || restart=1
    # Where the proxy is; its user reads it.
    [ "$(cat ${state}/managed-by-nix 2>/dev/null)" = '${common.engine} ${common.proxy}' ] || restart=1
    echo '${common.engine} ${common.proxy}' >${state}/managed-by-nix
    chmod 0644 ${state}/managed-by-nix
    ln -sfn "generations/$generation" ${state}/current
    if [ -n "$restart" ]; then
      launchctl kickstart -k system/org.agent-sandbox.${sandbox.name}.egress 2>/dev/null || true
    fi
    # As many as apply keeps, whose names are Nix's; what is in force stays.
    # shellcheck disable=SC2012
    /bin/ls -1t ${state}/generations | tail -n +11 | while read -r old; do
      [ "$old" = "$generation" ] || rm -rf ${state}/generations/"$old"
    done
  '';

  # What the proxy keeps logins under (host/kinds/login.py): one that is there stays.
  loginKey = lib.optionalString (sandbox ? logins) ''
    [ -s ${state}/login-key.cred ] || (
      umask 077
      key=$(head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
      echo "$key" >${state}/.login-key.new
      chmod 0400 ${state}/.login-key.new
      mv -f ${state}/.login-key.new ${state}/login-key.cred
    )
  '';

  # install(1) of macOS leaves an existing folder's content alone.
  folders = ''
    install -d -o ${proxy} -g ${proxy} -m 0700 ${state}/proxy
    install -d -o root -g ${proxy} -m 0750 ${state}/secrets
    install -d -o ${proxy} -g ${proxy} -m 0755 ${state}/run
    install -d -o ${agent} -g ${agent} -m 0700 ${home}
  '';

  # nix-darwin makes users without a password; "*" is one that nothing matches. The group staff
  # may list every home; a membership of it stands by name and by GeneratedUID, each on its own.
  closeUser = user: ''
    dscl . -create /Users/${user} Password '*'
    dscl . -delete /Users/${user} AuthenticationAuthority 2>/dev/null || true
    dseditgroup -o edit -d ${user} -t user staff 2>/dev/null || true
    dscl . -delete /Groups/staff GroupMembers \
      "$(dscl . -read /Users/${user} GeneratedUID | sed 's/^GeneratedUID: //')" 2>/dev/null || true
  '';

  # A group may have a password, too, by which newgrp lets anybody in.
  closeGroup = group: ''
    dscl . -create /Groups/${group} Password '*'
  '';

  # As apply does it: chmod(1)'s entries for folders, for what is made in them, and for what is there.
  # By path: an activation's PATH begins with GNU's ls and chmod, which know no such entries.
  attributes = "readattr,writeattr,readextattr,writeextattr,readsecurity";
  onFolders = "list,search,add_file,add_subdirectory,delete,delete_child,${attributes}";
  onFiles = "read,write,append,delete,${attributes}";

  workspace =
    { darwinPath, access, ... }:
    let
      path = lib.escapeShellArg darwinPath;
      allow =
        kind: rights:
        "/usr/bin/find -P ${path} -type ${kind} -exec /bin/chmod -h +a ${lib.escapeShellArg "group:${share} allow ${rights}"} {} +";
    in
    if access == "read-write" then
      ''
        [ -d ${path} ] || install -d -o 0 -g ${share} -m 0770 ${path}
        # shellcheck disable=SC2010 # only ls prints the entries there
        /bin/ls -lde ${path} | grep -q 'group:${share} allow' || {
          ${allow "d" "${onFolders},directory_inherit"}
          ${allow "d" "${onFiles},file_inherit,directory_inherit,only_inherit"}
          ${allow "f" onFiles}
        }
      ''
    else
      ''
        [ -d ${path} ] || install -d -o 0 -g 0 -m 0755 ${path}
      '';

  # The home is the agent's: what it has put in the way must not end the host's activation.
  dotfile =
    { path, ... }:
    ''
      {
        sudo -u ${agent} mkdir -p ${dirOf "${home}/${path}"} &&
          sudo -u ${agent} ln -sfn ${state}/current/home/${path} ${home}/${path}
      } || echo '${sandbox.prefix}: ${home}/${path} is not as the spec has it' >&2
    '';

  # A link to the applied tree: where the spec manages the agent no longer it leads nowhere, which is as if there
  # was no file.
  managed =
    { file, darwin, ... }:
    let
      place = lib.escapeShellArg darwin;
      ours = "${state}/current/${file}";
    in
    ''
      if [ -e ${place} ] && [ "$(readlink ${place})" != ${ours} ]; then
        echo ${lib.escapeShellArg "${sandbox.prefix}: ${darwin} is somebody else's, and stays"} >&2
      else
        mkdir -p ${lib.escapeShellArg (dirOf darwin)} && ln -sfn ${ours} ${place}
      fi
    '';
in
{
  inherit (common) options;

  config = lib.mkIf (cfg.enable && sandbox ? darwin) {
    assertions = common.assertions ++ daemon.assertions;
    nix = { inherit (daemon) settings; };

    users.knownUsers = [
      agent
      proxy
    ];
    users.knownGroups = [
      agent
      proxy
      share
    ];

    users.groups = {
      ${agent}.gid = sandbox.agent.uid;
      ${proxy}.gid = sandbox.proxy.uid;
      ${share} = {
        gid = sandbox.share.gid;
        members = [ agent ] ++ cfg.operators;
      };
    };

    users.users = {
      ${agent} = {
        description = "agent of sandbox ${sandbox.name}";
        uid = sandbox.agent.uid;
        gid = sandbox.agent.uid;
        inherit home;
        createHome = true;
        shell = "/bin/${sandbox.agent.shell}";
        isHidden = true;
        packages = [ cfg.package ];
      };
      ${proxy} = {
        description = "proxy of sandbox ${sandbox.name}";
        uid = sandbox.proxy.uid;
        gid = sandbox.proxy.uid;
        home = "/var/empty";
        shell = "/usr/bin/false";
        isHidden = true;
      };
    };

    # As soon as they are there.
    system.activationScripts.users.text = lib.mkAfter (
      closeUser agent + closeUser proxy + closeGroup agent + closeGroup proxy + closeGroup share
    );

    # The step that loads the daemons: what they read must be there before.
    system.activationScripts.launchd.text = lib.mkBefore (
      lib.concatStrings (
        [
          copyTree
          loginKey
          folders
        ]
        ++ map workspace sandbox.workspaces
        ++ map dotfile sandbox.dotfiles
        ++ map managed common.managed
      )
    );

    environment.launchDaemons = lib.listToAttrs (
      map (
        path: lib.nameValuePair (baseNameOf path) { source = ../. + "/${path}"; }
      ) sandbox.darwin.plists
    );

    security.sudo.extraConfig = lib.mkAfter (
      builtins.readFile (../. + "/${sandbox.darwin.sudoers}")
    );

    # The tools come from Nix. A host that has Homebrew enabled gets these, too.
    homebrew.brews = brew.formulae;
    homebrew.casks = brew.casks;

    environment.systemPackages = common.commands;
  };
}
