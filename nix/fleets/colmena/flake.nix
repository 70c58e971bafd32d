# The NixOS hosts of a rendered sandbox as a hive of Colmena, which evaluates hosts itself and so takes
# the module instead of a finished configuration.
{
  description = "The NixOS hosts of a sandbox, deployed with Colmena";

  inputs = {
    # The rendered repository; `nix flake update sandbox` takes its newest generation.
    sandbox.url = "git+ssh://git@git.example.org/sandboxes/demo";
    nixpkgs.follows = "sandbox/nixpkgs";
    colmena = {
      url = "github:zhaofengli/colmena";
      inputs.nixpkgs.follows = "nixpkgs";
      inputs.stable.follows = "nixpkgs";
    };
  };

  outputs =
    {
      sandbox,
      nixpkgs,
      colmena,
      ...
    }:
    let
      inherit (nixpkgs) lib;
      hosts = lib.filterAttrs (_name: host: host.kind == "nixos") (
        lib.importJSON (sandbox + "/sandbox.json")
      ).hosts;
    in
    {
      colmenaHive = colmena.lib.makeHive (
        {
          meta.nixpkgs = nixpkgs.legacyPackages.x86_64-linux;
          meta.nodeNixpkgs = lib.mapAttrs (_name: host: nixpkgs.legacyPackages.${host.system}) hosts;
        }
        // lib.mapAttrs (name: host: {
          imports = [ sandbox.nixosModules.default ];
          deployment.targetHost = "${name}.example.org";

          # What the host itself is: put its own configuration.nix here.
          networking.hostName = name;
          nixpkgs.hostPlatform = host.system;
          fileSystems."/".device = "/dev/disk/by-label/nixos";
          fileSystems."/".fsType = "ext4";
          boot.loader.grub.device = "nodev";
          system.stateVersion = "25.11";
        }) hosts
      );
    };
}
