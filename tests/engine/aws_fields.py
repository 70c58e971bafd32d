"""Fields of a request that a client signed with AWS' Signature Version 4, mostly right."""

from __future__ import annotations

import random

KEY_IDS = ["AKIAplaceholder0", "placeholder-demo_aws."]
SCOPES = ["20150830/us-east-1/s3/aws4_request"] * 4 + ["20150830/eu-west-1/iam/aws4_request"] * 4 + [
    "20150830/us-east-1/s3-outposts/aws4_request", "20150830/us-east-1/iam/aws4", "20150830//iam/aws4_request",
    "2015083/us-east-1/iam/aws4_request", "20150830/us-east-1/iam/aws4_request/x", "20150830/a b/iam/aws4_request"]
NAMED = ["host;x-amz-date", "content-type;host;x-amz-content-sha256;x-amz-date", "host;x-any;x-amz-date;x-any", "range;te;cookie",
         "accept-encoding;content-length;host;x-amz-security-token", "Host", "", "a b", ";;"]
HASHES = ["UNSIGNED-PAYLOAD", "0123456789abcdef" * 4] * 4 + [
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "0123456789ABCDEF" * 4, "", "unsigned-payload"]
ALGORITHMS = ["AWS4-HMAC-SHA256"] * 12 + ["AWS4-ECDSA-P256-SHA256", "aws4-hmac-sha256", "Bearer", ""]


def signed(chance: random.Random, made: dict) -> list[list[str]]:
    known = [one["placeholder"] for one in made["credentials"] if "aws" in one["inject"] and "placeholder" in one]
    if not known or chance.random() < 0.2:
        return []
    right = chance.random() < 0.6

    def pick(values: list[str], good: int) -> str:
        return chance.choice(values[:good] if right else values)

    parts = [f"Credential={pick(known + ['AKIAOTHER'], len(known))}/{pick(SCOPES, 9)}",
             f"SignedHeaders={pick(NAMED, 5)}", f"Signature={pick(['ab' * 32] * 6 + ['AB' * 32, 'ab'], 1)}"]
    if not right and chance.random() < 0.2:
        parts = chance.choice([parts[:2], parts[::-1], parts + parts[:1], [parts[0], *parts], parts + [""], ["x=y", *parts[1:]]])
    space = chance.choice([", ", ", ", ",", "  , "])
    found = [["Authorization", f"{pick(ALGORITHMS, 1)} {space.join(parts)}"],
             ["X-Amz-Date", pick(["20150830T123600Z"] * 8 + ["20150831T000000Z", "20150830", "x" * 16], 1)]]
    if chance.random() < 0.6:
        found.append(["x-amz-content-sha256", pick(HASHES, 9)])
    if chance.random() < 0.3:
        found.append([chance.choice(["X-Amz-Security-Token", "x_amz_security_token"]), "the agent's own"])
    for one in (["Content-Type", " a  b\tc "], ["X-Any", "  two  blanks "], ["x-any", "again"], ["X-Amz-Date", "20150830T123600Z"],
                ["Content-Length", chance.choice(["5", "1048576", "1048577"])]):
        if chance.random() < (0.12 if one[0] != "X-Amz-Date" else 0.02):
            found.append(one)
    return found
