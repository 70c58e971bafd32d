# The generator. It never talks to a remote, so its libgit2 is a static one without HTTPS and SSH: the
# full one loads a CA bundle and four libraries more, which takes longer than most commands do.
{
  lib,
  stdenv,
  pkg-config,
  jansson,
  libxml2,
  libdeflate,
  libpsl,
  libgit2,
  openssl,
  zlib,
  src ? lib.cleanSource ../.,
}:
let
  # The last of two equal flags is the one that CMake takes.
  libgit2Lean = libgit2.overrideAttrs (old: {
    cmakeFlags = (old.cmakeFlags or [ ]) ++ [
      "-DBUILD_SHARED_LIBS=OFF"
      "-DBUILD_TESTS=OFF"
      "-DREGEX_BACKEND=regcomp"
      "-DUSE_HTTPS=OFF"
      "-DUSE_HTTP_PARSER=builtin"
      "-DUSE_NTLMCLIENT=OFF"
      "-DUSE_SSH=OFF"
    ];
    doCheck = false;
  });
in
import ./build.nix
  {
    inherit
      lib
      stdenv
      pkg-config
      src
      ;
  }
  {
    pname = "agent-sandbox";
    # The proxy's engine is a package of its own: engine.nix.
    part = "generator";
    description = "One JSON spec becomes a committed sandbox for coding agents";
    # zlib is what the static libgit2 itself needs.
    buildInputs = [
      jansson
      libxml2
      libdeflate
      libpsl
      libgit2Lean
      zlib
    ];
    makeFlags = [ "LIBGIT2_LINK=--static" ];

    # Nix fails the build where it is not the lean one.
    disallowedRequisites = [ openssl ];
  }
