# The generator. Its libgit2 is built without HTTPS and SSH: it never talks to a remote, and the
# full one spends more time on loading its CA bundle than a whole render takes.
{
  lib,
  stdenv,
  pkg-config,
  jansson,
  libxml2,
  libgit2,
  zlib,
  src ? lib.cleanSource ../.,
}:
let
  libgit2Local = libgit2.overrideAttrs (old: {
    cmakeFlags = (old.cmakeFlags or [ ]) ++ [
      "-DUSE_HTTPS=OFF"
      "-DUSE_SSH=OFF"
    ];
    # Its tests of both would fail.
    doCheck = false;
  });
in
stdenv.mkDerivation {
  pname = "agent-sandbox";
  version = "0.1.0";
  inherit src;

  strictDeps = true;
  enableParallelBuilding = true;
  nativeBuildInputs = [ pkg-config ];
  buildInputs = [
    jansson
    libxml2
    libgit2Local
    zlib
  ];
  makeFlags = [ "PREFIX=$(out)" ];

  meta = {
    description = "One JSON spec becomes a committed sandbox for coding agents";
    mainProgram = "agent-sandbox";
    platforms = lib.platforms.unix;
  };
}
