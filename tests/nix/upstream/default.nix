# The stand-in packages beside the real lib, extended by what the real home-manager, nix-darwin and
# system-manager ask of nixpkgs. The builders are real, with the host's tools.
{
  system ? localSystem.system or localSystem,
  localSystem ? { inherit system; },
  config ? { },
  overlays ? [ ],
  ...
}:
let
  lib = import ./lib;
  # What is for a Mac is built here, too, when a test says so.
  said = builtins.getEnv "BUILT_ON";
  builtOn = if said == "" then system else said;
  base = import ./base.nix {
    inherit config;
    system = builtOn;
  };

  # Of stdenv's: FILE, then --subst-var-by NAME VALUE or --subst-var NAME.
  substituteInPlace = ''
    substituteInPlace() {
      local file=$1 name value text
      shift
      while [ $# -gt 0 ]; do
        name=$2
        case $1 in
        --subst-var-by) value=$3 && shift 3 ;;
        --subst-var) value=''${!2} && shift 2 ;;
        *) return 1 ;;
        esac
        text=$(cat "$file")
        printf '%s\n' "''${text//@$name@/$value}" >"$file.new"
        chmod --reference="$file" "$file.new"
        mv -f "$file.new" "$file"
      done
    }
  '';

  # As the real one: bash, attributes as variables, passAsFile.
  runCommand =
    name: args: script:
    let
      made = derivation (
        removeAttrs args [
          "meta"
          "nativeBuildInputs"
          "passthru"
        ]
        // {
          name = lib.strings.sanitizeDerivationName name;
          system = builtOn;
          builder = "/bin/bash";
          args = [
            "-ec"
            ''
              export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=$TMPDIR
              ${substituteInPlace}
              ${script}
              exit 0
            ''
          ];
        }
      );
      package =
        made
        // args.passthru or { }
        // {
          inherit name;
          pname = name;
          version = builtins.nixVersion;
          meta = args.meta or { };
          overrideAttrs = _: package;
          override = _: package;
          out = package;
        };
    in
    package;

  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      meta ? { },
      ...
    }:
    runCommand name
      {
        inherit text meta;
        passAsFile = [ "text" ];
      }
      ''
        target=$out${lib.escapeShellArg destination}
        mkdir -p "$(dirname "$target")"
        cp "$textPath" "$target"
        ${lib.optionalString executable ''chmod +x "$target"''}
      '';

  writeScriptBin =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
      destination = "/bin/${name}";
    };

  replaceVarsWith =
    {
      name ? baseNameOf src,
      src,
      replacements,
      dir ? "",
      ...
    }:
    writeTextFile {
      inherit name;
      text = lib.replaceStrings (map (name: "@${name}@") (lib.attrNames replacements)) (
        map toString (lib.attrValues replacements)
      ) (lib.readFile src);
      executable = true;
      destination = lib.optionalString (dir != "") "/${dir}/${name}";
    };

  buildEnv =
    {
      name,
      paths,
      postBuild ? "",
      ...
    }:
    runCommand name
      {
        paths = map toString paths;
        passthru = { inherit postBuild; };
      }
      ''
      mkdir -p $out
      for path in $paths; do
        cp -Rs --no-clobber "$path"/. $out/
        chmod -R u+w $out
      done
      ${postBuild}
    '';

  # Declared by many programs' modules, and set by none of ours.
  format = _arguments: {
    type = lib.types.anything;
    lib.types.atom = lib.types.anything;
    generate = name: value: own.writeText name (builtins.toJSON value);
  };

  # The tools that activation scripts are to find.
  host =
    name:
    runCommand name { meta.mainProgram = name; } "mkdir $out; ln -s /usr/bin $out/bin";

  # Installed, and started at times; that they do nothing is enough.
  silent =
    name: programs:
    runCommand name { meta.mainProgram = lib.head programs; }
      ''
        mkdir -p $out/bin
        for program in ${toString programs}; do
          printf '#!/bin/sh\n' >$out/bin/$program
          chmod +x $out/bin/$program
        done
      '';

  own = rec {
    inherit
      lib
      config
      system
      overlays
      runCommand
      writeTextFile
      writeScriptBin
      replaceVarsWith
      buildEnv
      ;
    _type = "pkgs";
    path = ./.;
    stdenv = base.stdenv // {
      hostPlatform = lib.systems.elaborate system;
      buildPlatform = stdenv.hostPlatform;
      targetPlatform = stdenv.hostPlatform;
      inherit (stdenv.hostPlatform) isLinux isDarwin;
      shell = "/bin/bash";
    };
    stdenvNoCC = stdenv // {
      mkDerivation = args: runCommand args.name (removeAttrs args [ "buildCommand" ]) args.buildCommand;
    };
    runtimeShell = stdenv.shell;
    runCommandLocal = runCommand;
    writeText = name: text: writeTextFile { inherit name text; };
    writeScript =
      name: text:
      writeTextFile {
        inherit name text;
        executable = true;
      };
    writeShellScript = name: text: writeScript name "#!/bin/bash\n${text}";
    writeShellScriptBin = name: text: writeScriptBin name "#!/bin/bash\n${text}";
    writeShellApplication =
      { name, text, ... }:
      let
        made = writeShellScriptBin name text;
      in
      made // { overrideAttrs = _: made; };
    replaceVars = src: replacements: replaceVarsWith { inherit src replacements; };
    formats = lib.genAttrs [
      "ini"
      "iniWithGlobalSection"
      "javaProperties"
      "json"
      "keyValue"
      "toml"
      "xml"
      "yaml"
    ] (_name: format);
    linkFarm =
      name: entries:
      runCommand name { } (
        "mkdir -p $out\n"
        + lib.concatMapStrings (
          { name, path }:
          ''
            mkdir -p "$(dirname "$out/${name}")"
            ln -s ${path} "$out/${name}"
          ''
        ) entries
      );
    symlinkJoin = buildEnv;
    emptyDirectory = runCommand "empty" { } "mkdir $out";
    # The manuals are not what is tested.
    nixosOptionsDoc = _options: { optionsJSON = emptyDirectory; };
    # system-manager's program is not what is tested.
    callPackage =
      file: arguments:
      let
        wants = if builtins.isPath file then lib.functionArgs (import file) else { };
      in
      if wants ? makeBinaryWrapper || wants ? rustPlatform then
        silent "system-manager" [ "system-manager-engine" ]
      else
        lib.callPackageWith all file arguments;
    extend = overlay: all // overlay all all;
    buildPackages = all;
    __splicedPackages = all;
  };

  all =
    base
    // lib.genAttrs [
      "bash"
      "bashInteractive"
      "coreutils"
      "diffutils"
      "findutils"
      "gettext"
      "gnugrep"
      "gnused"
      "jq"
      "ncurses"
      "nix"
    ] host
    // lib.mapAttrs silent {
      desktop-file-utils = [ "update-desktop-database" ];
      glibcLocales = [ "locale" ];
      documentation-highlighter = [ "documentation-highlighter" ];
      openssh = [ "openssh" ];
      man = [ "man" ];
      nix-info = [ "nix-info" ];
      nix-zsh-completions = [ "nix-zsh-completions" ];
      rsync = [ "rsync" ];
      sd-switch = [ "sd-switch" ];
      shared-mime-info = [ "update-mime-database" ];
      texinfoInteractive = [ "info" ];
    }
    // {
      cacert = runCommand "cacert" { } ''
        mkdir -p $out/etc/ssl/certs
        touch $out/etc/ssl/certs/ca-bundle.crt
      '';
    }
    // own;
in
lib.foldl' (packages: overlay: packages // overlay packages packages) all overlays
