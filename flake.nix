{
  description = "One JSON spec becomes a committed sandbox for coding agents, on Linux and macOS";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  };

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;

      forEachSystem =
        build:
        lib.genAttrs [
          "aarch64-darwin"
          "aarch64-linux"
          "x86_64-darwin"
          "x86_64-linux"
        ] (system: build nixpkgs.legacyPackages.${system});

      package = pkgs: pkgs.callPackage ./nix/package.nix { src = self; };
      engine = pkgs: pkgs.callPackage ./nix/engine.nix { src = self; };
      terminal = pkgs: pkgs.callPackage ./nix/terminal.nix { src = self; };
    in
    {
      packages = forEachSystem (pkgs: {
        default = package pkgs;
        agent-sandbox = package pkgs;
        agent-sandbox-proxy = engine pkgs;
        agent-sandbox-terminal = terminal pkgs;
      });

      apps = forEachSystem (
        pkgs:
        let
          app = {
            type = "app";
            program = "${package pkgs}/bin/agent-sandbox";
            meta.description = "Render a spec into a sandbox's repository";
          };
        in
        {
          default = app;
          agent-sandbox = app;
        }
      );

      checks = forEachSystem (
        pkgs:
        import ./nix/checks.nix {
          inherit lib pkgs;
          src = self;
          agent-sandbox = package pkgs;
        }
      );

      devShells = forEachSystem (pkgs: {
        default = import ./nix/shell.nix {
          inherit lib pkgs;
          agent-sandbox = package pkgs;
        };
      });

      overlays.default = final: _prev: {
        agent-sandbox = package final;
        agent-sandbox-proxy = engine final;
        agent-sandbox-terminal = terminal final;
      };

      # The generator on an operator's machine. What a sandbox does to a host is in the modules of
      # its own repository.
      nixosModules.default.imports = [ ./nix/module.nix ];
      darwinModules.default.imports = [ ./nix/module.nix ];
      systemModules.default.imports = [ ./nix/module.nix ];
      homeModules.default.imports = [ ./nix/home-module.nix ];

      templates.default = {
        path = ./nix/template;
        description = "A starter spec, to be rendered with agent-sandbox render spec.json";
      };

      formatter = forEachSystem (pkgs: pkgs.nixfmt-tree);
    };
}
