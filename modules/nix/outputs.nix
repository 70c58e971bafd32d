# The outputs of the emitted flake, computed from sandbox.json. flake.nix holds only the inputs.
inputs@{ self, nixpkgs, ... }:
let
  inherit (nixpkgs) lib;
  sandbox = lib.importJSON ../sandbox.json;

  forEachSystem =
    build:
    lib.genAttrs [
      "aarch64-darwin"
      "aarch64-linux"
      "x86_64-darwin"
      "x86_64-linux"
    ] (system: build nixpkgs.legacyPackages.${system});

  # The modules' own view of the sandbox, without a host around it.
  shared =
    pkgs:
    let
      common = import ./common.nix {
        inherit lib pkgs;
        config.services.agent-sandbox.${sandbox.name} = {
          inherit (common) tree;
          proxyPackage = pkgs.mitmproxy;
          enginePackage = engineFor pkgs;
        };
      };
    in
    common;

  # The native engine, and what filters a session's terminal, of the input that a spec may give.
  ours =
    name: pkgs:
    if inputs ? agent-sandbox then
      inputs.agent-sandbox.packages.${pkgs.stdenv.hostPlatform.system}.${name} or null
    else
      null;
  engineFor = ours "agent-sandbox-proxy";

  hostsOf = kind: lib.filterAttrs (_name: host: host.kind == kind) sandbox.hosts;

  # An attribute set with one module: Nix 2.8 takes no bare path for a module.
  only = module: { default.imports = [ module ]; };

  withProxy = module: {
    default.imports = [
      module
      (
        { pkgs, ... }:
        {
          services.agent-sandbox.${sandbox.name} = {
            enginePackage = lib.mkDefault (engineFor pkgs);
            terminalPackage = lib.mkDefault (ours "agent-sandbox-terminal" pkgs);
          };
        }
      )
    ];
  };
in
{
  nixosModules = withProxy ./nixos.nix;
  darwinModules = withProxy ./darwin.nix;
  homeModules = only ./home.nix;
  systemModules = withProxy ./system-manager.nix;

  # Hosts of their own are built from these by extendModules, or import nixosModules.default. The
  # disk and the boot loader are placeholders that any host's own setting replaces.
  nixosConfigurations = lib.mapAttrs (
    name: host:
    lib.nixosSystem {
      modules = [
        self.nixosModules.default
        {
          networking.hostName = lib.mkDefault name;
          nixpkgs.hostPlatform = lib.mkDefault host.system;
          fileSystems."/" = lib.mkDefault {
            device = "/dev/disk/by-label/nixos";
            fsType = "ext4";
          };
          boot.loader.grub.device = lib.mkDefault "nodev";
          system.stateVersion = lib.mkDefault "25.11";
        }
      ];
    }
  ) (hostsOf "nixos");

  darwinConfigurations = lib.mapAttrs (
    name: host:
    inputs.nix-darwin.lib.darwinSystem {
      modules = [
        self.darwinModules.default
        {
          networking.hostName = lib.mkDefault name;
          nixpkgs.hostPlatform = lib.mkDefault host.system;
          system.stateVersion = lib.mkDefault 6;
        }
      ];
    }
  ) (hostsOf "darwin");

  homeConfigurations = lib.mapAttrs' (
    name: host:
    lib.nameValuePair "${sandbox.agent.name}@${name}" (
      inputs.home-manager.lib.homeManagerConfiguration {
        pkgs = nixpkgs.legacyPackages.${host.system};
        modules = [ self.homeModules.default ];
      }
    )
  ) (hostsOf "home-manager");

  systemConfigs = lib.mapAttrs (
    _name: host:
    inputs.system-manager.lib.makeSystemConfig {
      modules = [
        self.systemModules.default
        (
          { pkgs, ... }:
          {
            nixpkgs.hostPlatform = host.system;
            # In place of system-manager's own copy, which is a flake input of its own.
            services.userborn.package = lib.mkForce pkgs.userborn;
          }
        )
      ];
    }
  ) (hostsOf "system-manager");

  packages = forEachSystem (
    pkgs:
    let
      inherit (shared pkgs) tools control;
    in
    {
      default = tools;
      inherit tools control;
    }
  );

  apps = forEachSystem (
    pkgs:
    let
      app = {
        type = "app";
        program = "${(shared pkgs).control}/bin/${sandbox.prefix}";
        meta.description = "The control script of the sandbox ${sandbox.name}";
      };
    in
    {
      default = app;
      agent-sandbox = app;
    }
  );

  checks = forEachSystem (
    pkgs:
    import ./checks.nix {
      inherit lib pkgs sandbox;
      inherit (shared pkgs) tree;
      units = (shared pkgs).unitsWith "${pkgs.systemd}/lib/systemd/systemd-socket-proxyd";
    }
  );

  formatter = forEachSystem (pkgs: pkgs.nixfmt-tree);
}
