# The proxy's native engine, which a sandbox's host runs.
{
  lib,
  stdenv,
  pkg-config,
  jansson,
  libuv,
  nghttp2,
  openssl,
  src ? lib.cleanSource ../.,
}:
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
    pname = "agent-sandbox-proxy";
    part = "engine";
    description = "The native engine of agent-sandbox's proxy";
    buildInputs = [
      jansson
      libuv
      nghttp2
      openssl
    ];
  }
