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

  # launchd and pf start before /nix may be mounted, so the tree is copied, as apply does it.
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
    ln -sfn "generations/$generation" ${state}/current
  '';

  # install(1) of macOS leaves an existing folder's content alone.
  folders = ''
    install -d -o ${proxy} -g ${proxy} -m 0700 ${state}/proxy ${state}/secrets
    install -d -o ${proxy} -g ${proxy} -m 0755 ${state}/run
    install -d -o ${agent} -g ${agent} -m 0700 ${home}
  '';

  # nix-darwin makes users without a password; "*" is one that nothing matches. The group staff
  # may list every home.
  closeUser = user: ''
    dscl . -create /Users/${user} Password '*'
    dscl . -delete /Users/${user} AuthenticationAuthority 2>/dev/null || true
    dseditgroup -o edit -d ${user} -t user staff 2>/dev/null || true
  '';

  # chmod(1): the first entry is for the folders, the second is what files made in them inherit.
  attributes = "readattr,writeattr,readextattr,writeextattr,readsecurity";
  folderRights = "list,search,add_file,add_subdirectory,delete_child,${attributes}";
  fileRights = "read,write,append,execute,delete,${attributes}";
  entries = [
    "${folderRights},directory_inherit"
    "${fileRights},file_inherit,directory_inherit,only_inherit"
  ];

  # Only a new folder gets its rights: what is in an existing one is its owners' to decide.
  workspace =
    { darwinPath, access, ... }:
    let
      path = lib.escapeShellArg darwinPath;
      share = "group:${sandbox.share.name}";
      allow = entry: "chmod -h +a ${lib.escapeShellArg "${share} allow ${entry}"} ${path}";
      commands = [
        "install -d -o 0 -g ${sandbox.share.name} -m 0750 ${path}"
      ]
      ++ lib.optionals (access == "read-write") (map allow entries);
    in
    ''
      [ -d ${path} ] || {
        ${lib.concatStringsSep "\n  " commands}
      }
    '';

  dotfile =
    { path, ... }:
    ''
      sudo -u ${agent} mkdir -p ${dirOf "${home}/${path}"}
      sudo -u ${agent} ln -sfn ${state}/current/home/${path} ${home}/${path}
    '';
in
{
  inherit (common) options;

  config = lib.mkIf (cfg.enable && sandbox ? darwin) {
    inherit (daemon) assertions;
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

    # The step that loads the daemons: what they read must be there before.
    system.activationScripts.launchd.text = lib.mkBefore (
      lib.concatStrings (
        [
          copyTree
          folders
          (closeUser agent)
          (closeUser proxy)
        ]
        ++ map workspace sandbox.workspaces
        ++ map dotfile sandbox.dotfiles
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

    # The proxy's start script looks for mitmdump in the system profile.
    environment.systemPackages = [
      cfg.proxyPackage
      common.control
    ];
  };
}
