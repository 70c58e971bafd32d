"""Why something does not go on: what is raised where that is found out."""

from __future__ import annotations

from typing import Any

import aws
import credentials
import headers
import mcp
import slots_json
from cooldown import CooldownError
from target import SPECIAL_USE_CLOSED, TargetError, special_use


class Refused(Exception):
    def __init__(self, reason: str, missing: dict[str, Any] | None = None,
                 retry_after: int = 0, facts: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.missing = missing
        self.retry_after = retry_after
        self.facts = facts or {}  # what its line of the log says, too


REFUSALS = (Refused, TargetError, headers.HeaderError, credentials.PlaceholderError, aws.AwsError,
            CooldownError, slots_json.BodyError, mcp.McpError)


def check_special_use(policy: Any, host: str) -> None:
    ending = special_use(host)
    if ending in SPECIAL_USE_CLOSED:
        raise Refused(f"no name in .{ending} has a public address, and the proxy goes to no "
                      f"other: {host} is not reached through it, whatever the rules say")
    if ending and not policy.names_addresses(host):
        raise Refused(f"no name in .{ending} has a public address: a rule for {host} has to say in "
                      '"addresses" which ones it may have')
