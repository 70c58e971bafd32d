# The packages: builders that use the host's tools, and placeholders for everything else. The
# placeholders of a test's own specs are named in names.json, which the test writes.
{
  system,
  config ? { },
  overlays ? [ ],
  ...
}:
let
  lib = import ./lib.nix;
  hostPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

  build =
    {
      name,
      script,
      meta ? { },
      passthru ? { },
      ...
    }@args:
    derivation (
      removeAttrs args [
        "script"
        "meta"
        "passthru"
      ]
      // {
        name = lib.strings.sanitizeDerivationName name;
        inherit system;
        builder = "/bin/sh";
        args = [
          "-euc"
          ''
            export PATH=${hostPath} HOME=$TMPDIR
            # The host has what the tests' first lines name; those that become another user start here.
            patchShebangs() { :; }
            chmod go+x .
            ${script}
            # Not the script's last command in the shell's place: coreutils close their output
            # before they exit, and Nix kills a builder at once that has closed it.
            exit 0
          ''
        ];
      }
    )
    // passthru
    // {
      inherit meta;
    };

  mkDerivation =
    args:
    let
      made = build (
        removeAttrs args [
          "buildInputs"
          "nativeBuildInputs"
          "makeFlags"
          "enableParallelBuilding"
          "strictDeps"
        ]
        // {
          name = args.name or "${args.pname}-${args.version}";
          script = ''
            cp -R ${args.src} source
            chmod -R u+w source
            cd source
            ${args.buildPhase or "make ${toString (args.buildFlags or [ ])}"}
            ${args.installPhase or "make ${toString (args.installTargets or [ "install" ])} PREFIX=$out"}
          '';
        }
      );
    in
    made
    // {
      pname = args.pname or args.name;
      buildInputs = args.buildInputs or [ ];
      overrideAttrs = change: mkDerivation (args // change args);
    };

  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      meta ? { },
      ...
    }:
    build {
      inherit name text meta;
      passAsFile = [ "text" ];
      script = ''
        mkdir -p "$(dirname "$out${destination}")"
        cp "$textPath" "$out${destination}"
        ${lib.optionalString executable "chmod +x \"$out${destination}\""}
      '';
    };

  # What a unit starts must be there, under its own name.
  programs = {
    iproute2 = "bin/ip";
    mitmproxy = "bin/mitmdump";
    nftables = "bin/nft";
    systemd = "lib/systemd/systemd-socket-proxyd";
  };

  placeholder =
    name:
    build {
      inherit name;
      script = ''
        program=$out/${programs.${name} or "bin/${name}"}
        mkdir -p "$(dirname "$program")" $out/bin
        printf '#!/bin/sh\necho ${name}: a placeholder >&2\nexit 69\n' >$program
        chmod +x $program
      ''
      # nixpkgs has the units of systemd's own there.
      + lib.optionalString (name == "systemd") ''
        mkdir $out/example
        ln -s /usr/lib/systemd $out/example/systemd
      '';
      passthru = {
        pname = name;
        overrideAttrs = _: placeholder name;
        override = _: placeholder name;
      };
    };

  nest =
    dotted: value:
    builtins.foldl' (inner: name: { ${name} = inner; }) value (
      builtins.foldl' (reversed: name: [ name ] ++ reversed) [ ] (lib.splitString "." dotted)
    );

  used = builtins.foldl' (set: name: lib.recursiveUpdate set (nest name (placeholder name))) { } (
    lib.importJSON ./names.json
  );

  own = rec {
    inherit lib config overlays system writeTextFile;
    path = ./.;
    python3 = placeholder "python3" // {
      withPackages = _packages: placeholder "python3";
    };
    stdenv = {
      inherit mkDerivation;
      cc = placeholder "cc";
      hostPlatform = {
        inherit system;
        isLinux = lib.hasSuffix "linux" system;
        isDarwin = lib.hasSuffix "darwin" system;
      };
    };
    runCommand =
      name: args: script:
      build (removeAttrs args [ "buildInputs" "nativeBuildInputs" ] // { inherit name script; });
    buildEnv =
      { name, paths, ... }:
      build {
        inherit name paths;
        script = ''
          mkdir -p $out
          for path in $paths; do
            cp -Rs --no-clobber "$path"/. $out/
            chmod -R u+w $out
          done
        '';
      };
    mkShell = args: build { name = "shell"; script = "touch $out"; };
    callPackage =
      file: args:
      let
        f = import file;
      in
      f (builtins.intersectAttrs (builtins.functionArgs f) all // args);
    extend = overlay: all // overlay all all;
  };

  all =
    lib.genAttrs [
      "bashInteractive"
      "clang"
      "clang-tools"
      "cmark-gfm"
      "coreutils"
      "dash"
      "dtach"
      "fish"
      "git"
      "gnugrep"
      "groff"
      "acl"
      "iproute2"
      "jansson"
      "jq"
      "libdeflate"
      "libpsl"
      "libgit2"
      "libuv"
      "libxml2"
      "mitmproxy"
      "nftables"
      "nghttp2"
      "nix"
      "nixfmt-tree"
      "openssl"
      "pkg-config"
      "procps"
      "shellcheck"
      "sudo"
      "systemd"
      "userborn"
      "util-linux"
      "zlib"
      "zsh"
    ] placeholder
    // used
    // own;
  final = builtins.foldl' (prev: overlay: prev // overlay final prev) all overlays;
in
final
