# Who may talk to the Nix daemon. Its builders have a network outside of the agent's uid, and whom it
# trusts is as good as root.
{
  lib,
  sandbox,
  cfg,
  # The host's config.nix, and its group of administrators.
  nix,
  administrators,
}:
let
  holdsAgent =
    users:
    lib.any (user: lib.elem user users) [
      "*"
      sandbox.agent.name
      "@${sandbox.agent.name}"
      "@${sandbox.share.name}"
    ];

  # Where Nix is not managed by the host's configuration, its settings may not even be read.
  settings = if nix.enable then nix.settings else { };
  everybody = [ "*" ];
in
{
  assertions = [
    {
      assertion = !holdsAgent (settings.trusted-users or [ ]);
      message = "${sandbox.prefix}: nix.settings.trusted-users must not hold the agent";
    }
    {
      assertion = !(nix.enable && cfg.closeNixDaemon && holdsAgent (settings.allowed-users or everybody));
      message = "${sandbox.prefix}: nix.settings.allowed-users must not hold the agent, or set closeNixDaemon = false";
    }
  ];

  settings.allowed-users = lib.mkIf (nix.enable && cfg.closeNixDaemon) (
    lib.mkDefault (
      [
        "root"
        "@${administrators}"
      ]
      ++ cfg.operators
    )
  );
}
