{ lib, pkgs }:
{
  enable = lib.mkOption {
    type = lib.types.bool;
    default = true;
    description = ''
      Whether to install agent-sandbox, which renders a JSON spec into a sandbox's repository.
      Importing the module is enough; this option switches it off again.
    '';
  };

  package = lib.mkOption {
    type = lib.types.package;
    default = pkgs.callPackage ./package.nix { };
    defaultText = lib.literalExpression "the package of this flake";
    description = ''
      The package with `bin/agent-sandbox`.
    '';
  };
}
