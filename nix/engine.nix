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
stdenv.mkDerivation {
  pname = "agent-sandbox-proxy";
  version = "0.1.0";
  inherit src;

  strictDeps = true;
  enableParallelBuilding = true;
  nativeBuildInputs = [ pkg-config ];
  buildInputs = [
    jansson
    libuv
    nghttp2
    openssl
  ];
  buildFlags = [ "engine" ];
  installTargets = [ "install-engine" ];
  makeFlags = [ "PREFIX=$(out)" ];

  meta = {
    description = "The native engine of agent-sandbox's proxy";
    license = lib.licenses.mit;
    mainProgram = "agent-sandbox-proxy";
    platforms = lib.platforms.unix;
  };
}
