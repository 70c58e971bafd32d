# For the stand-in of Colmena, which evaluates hosts itself and has options of its own.
{
  modules,
  known ? [ ],
}:
let
  lib = import ../../lib.nix;
  base = import ../../nixos.nix;
in
import ../../modules.nix { inherit lib; } {
  pkgsFor = system: import ../.. { inherit system; };
  base = base // {
    known = base.known ++ known;
  };
} { inherit modules; }
