"""needs: the host itself. Nothing of it is ours to make."""

import os
import re
import sys

import capture
import engine
import programs
from kinds.kind import Kind
from places import others_may_replace

OLDEST = 13  # of macOS: the oldest that still gets fixes of security's


class Needs(Kind):
    kind = "needs"

    def check(self, report):
        (self.linux if self.host.system == "linux" else self.darwin)(report)
        found = programs.missing(self.host, self.sandbox.engine)
        if found:
            report.lacks("\n".join([f"{len(found)} program{'s' * (len(found) > 1)} missing here:",
                                    *(f"  {name:<17} {what}" for name, what in found.items()),
                                    *programs.how_to_install(self.host, found)]))

    def linux(self, report):
        if os.path.exists("/etc/NIXOS"):
            report.lacks("on NixOS import modules/nixos.nix and use nixos-rebuild instead of apply")
        if not os.path.isdir("/run/systemd/system"):
            report.lacks("systemd does not run here (on WSL: [boot] systemd=true in /etc/wsl.conf)")
        loose = engine.loose(self.host, self.sandbox.engine)
        if loose:
            report.complain(loose)

    def differs(self, seen):
        by_us = self.host.system == "linux" and not self.change.managed_by_nix
        return engine.loose(self.host, self.sandbox.engine) if by_us else ""

    def tell(self, seen):
        lines = capture.lines(self.host, self.sandbox, self.change.managed_by_nix)
        loose = self.host.system == "darwin" and not self.change.managed_by_nix and engine.loose(self.host, self.sandbox.engine)
        return [*lines, f"note        {loose}"] if loose else lines

    def darwin(self, report):
        version = self.host.text("sw_vers", "-productVersion") or ""
        number = re.match("[0-9]+", version)
        if not number:
            report.lacks("sw_vers does not say which macOS this is")
        elif int(number[0]) < OLDEST:
            report.lacks(f"macOS {version.strip()} is too old: {OLDEST} or newer is needed")
        loose = self.host.root and others_may_replace(os.path.realpath(sys.executable))
        if loose:
            report.complain(f"{sys.executable} runs as root, and whoever may change {loose} could put another one in its place")
