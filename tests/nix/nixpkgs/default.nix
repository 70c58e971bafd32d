# The packages: builders that use the host's tools, and placeholders for everything else. The
# placeholders of a test's own specs are named in names.json, which the test writes.
{
  system,
  config ? { },
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
        name = lib.sanitizeDerivationName name;
        inherit system;
        builder = "/bin/sh";
        args = [
          "-euc"
          ''
            export PATH=${hostPath} HOME=$TMPDIR
            ${script}
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
            ${args.buildPhase or "make"}
            ${args.installPhase or "make install PREFIX=$out"}
          '';
        }
      );
    in
    made
    // {
      pname = args.pname or args.name;
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

  placeholder =
    name:
    build {
      inherit name;
      script = ''
        mkdir -p $out/bin
        printf '#!/bin/sh\necho ${name}: a placeholder >&2\nexit 69\n' >$out/bin/${name}
        chmod +x $out/bin/${name}
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
    inherit lib config writeTextFile;
    path = ./.;
    stdenv = {
      inherit mkDerivation;
      hostPlatform = {
        inherit system;
        isLinux = lib.hasSuffix "linux" system;
        isDarwin = lib.hasSuffix "darwin" system;
      };
    };
    runCommand =
      name: args: script:
      build (removeAttrs args [ "nativeBuildInputs" ] // { inherit name script; });
    buildEnv =
      { name, paths, ... }:
      build {
        inherit name paths;
        script = ''
          mkdir -p $out/bin
          for path in $paths; do
            ln -sf "$path"/bin/* $out/bin/
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
      "clang-tools"
      "coreutils"
      "git"
      "acl"
      "iproute2"
      "jansson"
      "jq"
      "libgit2"
      "libxml2"
      "mitmproxy"
      "nftables"
      "nixfmt-tree"
      "pkg-config"
      "procps"
      "python3"
      "shellcheck"
      "sudo"
      "systemd"
      "userborn"
      "zlib"
      "zsh"
    ] placeholder
    // used
    // own;
in
all
