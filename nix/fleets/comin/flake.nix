# The NixOS and nix-darwin hosts of a rendered sandbox, each pulling this very flake with comin: a push
# to its repository is a deployment. Comin's own module is part of what it deploys, or it would be gone
# with the first one.
{
  description = "The hosts of a sandbox, which pull their configuration with comin";

  inputs = {
    # The rendered repository; `nix flake update sandbox` takes its newest generation.
    sandbox.url = "git+ssh://git@git.example.org/sandboxes/demo";
    nixpkgs.follows = "sandbox/nixpkgs";
    comin = {
      url = "github:nlewo/comin";
      inputs.nixpkgs.follows = "nixpkgs";
      inputs.treefmt-nix.follows = "";
      inputs.flake-compat.follows = "";
    };
  };

  outputs =
    {
      sandbox,
      nixpkgs,
      comin,
      ...
    }:
    let
      pulls =
        module: configurations:
        nixpkgs.lib.mapAttrs (
          _name: host:
          host.extendModules {
            modules = [
              module
              {
                services.comin = {
                  enable = true;
                  remotes = [
                    {
                      name = "origin";
                      url = "https://git.example.org/sandboxes/fleet.git";
                    }
                  ];
                };
              }
            ];
          }
        ) configurations;
    in
    {
      nixosConfigurations = pulls comin.nixosModules.comin sandbox.nixosConfigurations;
      darwinConfigurations = pulls comin.darwinModules.comin sandbox.darwinConfigurations;
    };
}
