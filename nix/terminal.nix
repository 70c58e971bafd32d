# What stands between a session and its operator's terminal.
{
  lib,
  stdenv,
  pkg-config,
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
    pname = "agent-sandbox-terminal";
    part = "terminal";
    description = "The filter between a sandbox's session and its operator's terminal";
  }
