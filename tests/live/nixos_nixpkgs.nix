# nixpkgs for tests/live/nixos: the stand-ins of tests/nix, in ./stand-in, on a machine that boots.
# Packages are links to Debian's own programs, and a host is all that an activation needs of it, with
# everything in the store (nixos_switch.py): units, files of /etc, tmpfiles.d, users, the PATH.
{
  description = "stand-in for nixpkgs, on a machine that boots";

  outputs =
    { self }:
    let
      standIn = (import ./stand-in/flake.nix).outputs { self = standIn; };

      packagesFor =
        system:
        let
          base = import ./stand-in { inherit system; };
          link =
            name: programs:
            base.runCommand name { passthru.shellPath = "/bin/${builtins.head programs}"; } ''
              mkdir -p $out/bin
              for program in ${toString programs}; do
                ln -s "$(which $program)" $out/bin/
              done
            '';
        in
        base
        // builtins.mapAttrs link {
          acl = [
            "getfacl"
            "setfacl"
          ];
          bashInteractive = [ "bash" ];
          coreutils = [
            "cat"
            "id"
            "ln"
            "tail"
          ];
          dtach = [ "dtach" ];
          git = [ "git" ];
          gnugrep = [ "grep" ];
          iproute2 = [ "ip" ];
          mitmproxy = [ "mitmdump" ];
          nftables = [ "nft" ];
          python3 = [ "python3" ];
          ripgrep = [ "rg" ];
        }
        // {
          # Of the systemd that runs there, as on NixOS.
          systemd = base.runCommand "systemd" { } ''
            mkdir -p $out/lib/systemd
            ln -s /usr/lib/systemd/systemd-socket-proxyd $out/lib/systemd/
          '';
        };

      # As NixOS makes a unit of systemd.services.
      serviceToUnit =
        pkgs: name: service:
        let
          script =
            verb: text:
            "${
              pkgs.writeTextFile {
                name = "unit-script-${name}-${verb}";
                executable = true;
                destination = "/bin/${name}-${verb}";
                text = "#!/bin/bash\nset -e\n${text}\n";
              }
            }/bin/${name}-${verb}";
          text = value: if builtins.isBool value then lib.boolToString value else toString value;
          section =
            settings:
            lib.concatStrings (map (key: "${key}=${text settings.${key}}\n") (builtins.attrNames settings));
        in
        {
          wantedBy = service.wantedBy or [ ];
          requiredBy = service.requiredBy or [ ];
          text = ''
            [Unit]
            Description=${service.description}
            Before=${toString (service.before or [ ])}
            ${section (service.unitConfig or { })}
            [Service]
            Environment="PATH=${lib.makeBinPath (service.path or [ ])}"
            ExecStart=${script "start" service.script}
            ${lib.optionalString (service ? reload) "ExecReload=${script "reload" service.reload}\n"}
            ${section (service.serviceConfig or { })}'';
        };

      lib = standIn.lib // {
        boolToString = value: if value then "true" else "false";
        standIn =
          { pkgsFor, base }:
          standIn.lib.standIn {
            inherit pkgsFor;
            base = base // {
              inherit result;
            };
          };
        nixosSystem = lib.standIn {
          pkgsFor = packagesFor;
          base = import ./stand-in/nixos.nix;
        };
      };

      result =
        pkgs: evaluated:
        let
          inherit (evaluated) config;
          users = config.users.users or { };
          tmpfiles = config.systemd.tmpfiles or { };
          services = config.systemd.services or { };
          writeText =
            name: text:
            pkgs.writeTextFile {
              name = baseNameOf name;
              inherit text;
            };
          units =
            config.systemd.units
            // lib.mapAttrs' (
              name: service: lib.nameValuePair "${name}.service" (serviceToUnit pkgs name service)
            ) services;
          unitFile =
            name: text:
            pkgs.writeTextFile {
              name = "unit-${name}";
              destination = "/${name}";
              inherit text;
            };
          shells = lib.concatMap (name: lib.optional (users.${name} ? shell) users.${name}.shell) (
            builtins.attrNames users
          );

          host = {
            units = builtins.mapAttrs (name: unit: {
              path = "${unitFile name unit.text}/${name}";
              wantedBy = unit.wantedBy or [ ];
              requiredBy = unit.requiredBy or [ ];
            }) units;
            etc =
              builtins.mapAttrs (name: entry: {
                source = entry.source or (writeText name entry.text);
                mode = entry.mode or "symlink";
              }) config.environment.etc
              // lib.mapAttrs' (
                name: user:
                lib.nameValuePair "profiles/per-user/${name}" {
                  mode = "symlink";
                  source = pkgs.buildEnv {
                    name = "user-environment";
                    paths = user.packages;
                  };
                }
              ) (lib.filterAttrs (_name: user: user ? packages) users);
            tmpfiles = map (package: "${package}/lib/tmpfiles.d") (tmpfiles.packages or [ ]);
            rules = tmpfiles.rules or [ ];
            activation = map (script: writeText "activation" "set -e\n${script.text}") (
              builtins.attrValues (config.system.activationScripts or { })
            );
            sudo = config.security.sudo.extraConfig or "";
            groups = config.users.groups or { };
            users = builtins.mapAttrs (
              _name: user:
              removeAttrs user [
                "packages"
                "shell"
              ]
              // lib.optionalAttrs (user ? shell) { shell = "/run/current-system/sw${user.shell.shellPath}"; }
            ) users;
          };

          toplevel =
            pkgs.runCommand "host"
              {
                sw = pkgs.buildEnv {
                  name = "system-path";
                  paths = config.environment.systemPackages ++ shells;
                };
                host = builtins.toJSON host;
                passAsFile = [ "host" ];
              }
              ''
                mkdir $out
                ln -s $sw $out/sw
                cp $hostPath $out/host.json
              '';
        in
        toplevel
        // evaluated
        // {
          config = config // {
            system = config.system // {
              build.toplevel = toplevel;
            };
          };
        };
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" ] packagesFor;
    };
}
