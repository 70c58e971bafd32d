# The page of all options, options.md, from their declarations: `make docs` writes it.
{ lib }:
let
  # The packages are only named on the page.
  pkgs = {
    mitmproxy = throw "not evaluated";
    callPackage = throw "not evaluated";
  };

  example = {
    name = "NAME";
    share.name = "share-NAME";
    operators = [ ];
    relax = [ ];
  };

  sandboxOptions = import ../modules/nix/options.nix {
    inherit lib pkgs;
    sandbox = example;
    tree = throw "not evaluated";
    tools = throw "not evaluated";
  };

  inOneLine = text: lib.replaceStrings [ "\n" ] [ " " ] (lib.removeSuffix "\n" text);

  # A default that is a value of Nix is short: a boolean, here.
  default = option: if option ? defaultText then option.defaultText.text else builtins.toJSON option.default;

  show =
    prefix: options:
    lib.concatMapStrings (
      name:
      let
        option = options.${name};
      in
      ''

        ### `${prefix}.${name}`

        ${inOneLine option.description}

        *${option.type.description}*; default: `${default option}`
      ''
    ) (builtins.attrNames options);
in
''
  # Options

  Written by `make docs` from `modules/nix/options.nix` and `nix/options.nix`.

  ## Of a rendered sandbox

  `nixosModules.default`, `darwinModules.default`, `homeModules.default` and `systemModules.default` of
  a rendered repository. Importing one is enough: every option has a default, from the spec. `NAME` is
  the sandbox's name.
  ${show "services.agent-sandbox.NAME" sandboxOptions}
  ## Of this project

  The same four outputs of this project's own flake, for whoever renders specs.
  ${show "programs.agent-sandbox" (import ./options.nix { inherit lib pkgs; })}''
