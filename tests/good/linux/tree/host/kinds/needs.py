"""needs: the host itself. Nothing of it is ours to make."""

import os
import re

from kinds.kind import Kind

LINUX = ("systemctl systemd-run systemd-analyze systemd-sysusers systemd-tmpfiles getent ip unshare visudo sudo "
         "usermod gpasswd ss curl").split()
DARWIN = "dscl dseditgroup launchctl pfctl plutil visudo sudo".split()
OLDEST = 13  # of macOS: the oldest that still gets fixes of security's


class Needs(Kind):
    kind = "needs"

    def check(self, report):
        (self.linux if self.host.system == "linux" else self.darwin)(report)

    def linux(self, report):
        if os.path.exists("/etc/NIXOS"):
            report.lacks("on NixOS import modules/nixos.nix and use nixos-rebuild instead of apply")
        if not os.path.isdir("/run/systemd/system"):
            report.lacks("systemd does not run here (on WSL: [boot] systemd=true in /etc/wsl.conf)")
        for tool in LINUX:
            if not self.host.have(tool):
                report.lacks(f"{tool} is missing")

    def darwin(self, report):
        version = self.host.text("sw_vers", "-productVersion") or ""
        number = re.match("[0-9]+", version)
        if not number:
            report.lacks("sw_vers does not say which macOS this is")
        elif int(number[0]) < OLDEST:
            report.lacks(f"macOS {version.strip()} is too old: {OLDEST} or newer is needed")
        for tool in DARWIN:
            if not self.host.have(tool):
                report.lacks(f"{tool} is missing")
        if not self.host.have("sandbox-exec"):
            report.lacks("sandbox-exec is missing")
