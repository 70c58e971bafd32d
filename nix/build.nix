# What the three programs of this project have in common: the caller adds which part is built, of what.
{
  lib,
  stdenv,
  pkg-config,
  src,
}:
{
  part,
  description,
  makeFlags ? [ ],
  ...
}@args:
stdenv.mkDerivation (
  removeAttrs args [
    "part"
    "description"
  ]
  // {
    version = "0.1.0";
    inherit src;

    strictDeps = true;
    enableParallelBuilding = true;
    nativeBuildInputs = [ pkg-config ];
    buildFlags = [ part ];
    installTargets = [ "install-${part}" ];
    makeFlags = [ "PREFIX=$(out)" ] ++ makeFlags;

    meta = {
      inherit description;
      license = lib.licenses.mit;
      mainProgram = args.pname;
      platforms = lib.platforms.unix;
    };
  }
)
