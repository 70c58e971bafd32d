{
  description = "stand-in for deploy-rs";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";
  outputs =
    { self, nixpkgs }:
    let
      activatable =
        pkgs: base: command:
        pkgs.writeTextFile {
          name = "activatable-${base.name}";
          destination = "/deploy-rs-activate";
          executable = true;
          text = "#!/bin/sh\nPROFILE=${base}\n${command}\n";
        };
    in
    {
      lib = nixpkgs.lib.genAttrs (builtins.attrNames nixpkgs.legacyPackages) (
        system:
        let
          custom = activatable nixpkgs.legacyPackages.${system};
        in
        {
          activate = {
            inherit custom;
            nixos = host: custom host.config.system.build.toplevel "$PROFILE/bin/switch-to-configuration switch";
            darwin = host: custom host.config.system.build.toplevel "$PROFILE/activate";
            home-manager = host: custom host.activationPackage "$PROFILE/activate";
          };
          deployChecks = deploy: {
            deploy-schema = nixpkgs.legacyPackages.${system}.writeTextFile {
              name = "deploy.json";
              text = builtins.toJSON deploy;
            };
          };
        }
      );
    };
}
