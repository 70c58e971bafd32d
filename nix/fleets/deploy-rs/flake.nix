# Every host of a rendered sandbox, of whatever kind, as a node of deploy-rs.
{
  description = "The hosts of a sandbox, deployed with deploy-rs";

  inputs = {
    # The rendered repository; `nix flake update sandbox` takes its newest generation.
    sandbox.url = "git+ssh://git@git.example.org/sandboxes/demo";
    nixpkgs.follows = "sandbox/nixpkgs";
    deploy-rs = {
      url = "github:serokell/deploy-rs";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    {
      self,
      sandbox,
      nixpkgs,
      deploy-rs,
    }:
    let
      inherit (nixpkgs) lib;
      data = lib.importJSON (sandbox + "/sandbox.json");

      # Those that Nix manages; a plain host pulls and applies, see ../README.md.
      hosts = lib.filterAttrs (
        _name: host:
        lib.elem host.kind [
          "darwin"
          "home-manager"
          "nixos"
          "system-manager"
        ]
      ) data.hosts;

      profile =
        name: host:
        let
          inherit (deploy-rs.lib.${host.system}) activate;
        in
        {
          nixos = activate.nixos sandbox.nixosConfigurations.${name};
          darwin = activate.darwin sandbox.darwinConfigurations.${name};
          home-manager = activate.home-manager sandbox.homeConfigurations."${data.agent.name}@${name}";
          system-manager = activate.custom sandbox.systemConfigs.${name} "$PROFILE/bin/activate";
        }
        .${host.kind};
    in
    {
      deploy.nodes = lib.mapAttrs (name: host: {
        hostname = "${name}.example.org";
        sshUser = "admin";
        profiles.sandbox = {
          user = if host.kind == "home-manager" then data.agent.name else "root";
          path = profile name host;
        };
      }) hosts;

      checks = lib.mapAttrs (_system: engine: engine.deployChecks self.deploy) deploy-rs.lib;
    };
}
