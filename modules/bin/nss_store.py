"""nss_store.py CERTIFICATE FOLDER: NSS's database of one CA that is trusted for TLS servers, in a new folder, without
NSS's own certutil, which few hosts have. The tables are those of its softoken (lib/softoken/sdb.c): a column for each
attribute of PKCS #11, numbers in four bytes; a trust that nothing signs holds where the database has no password."""

import base64
import hashlib
import os
import sys

try:
    import sqlite3
except ImportError:  # python3-minimal
    sys.exit(1)

CERTIFICATE, TRUST, NSS_TRUST = 1, 0xCE534353, 0xCE534350
DELEGATOR, VALID_DELEGATOR, MUST_VERIFY = NSS_TRUST + 2, NSS_TRUST + 11, NSS_TRUST + 3


def number(value):
    return value.to_bytes(4, "big")


def content(der, at):
    """Where what stands at `at` begins and ends, behind its tag and length (X.690, 8.1)."""
    length, at = der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, at = int.from_bytes(der[at:at + size], "big"), at + size
    return at, at + length


def named(der):
    """Serial number, issuer and subject (RFC 5280, 4.1), each with its tag and length."""
    at, _ = content(der, 0)
    at, end = content(der, at)
    parts = []
    while at < end:
        start, (_, at) = at, content(der, at)
        parts.append(der[start:at])
    parts = parts[der[content(der, content(der, 0)[0])[0]] == 0xA0:]
    return parts[0], parts[2], parts[4]


def objects(der):
    serial, issuer, subject = named(der)
    both = {"a1": b"\1", "a2": b"\0", "a81": issuer, "a82": serial, "a170": b"\1"}
    yield {**both, "a0": number(CERTIFICATE), "a3": b"agent-sandbox", "a11": der, "a80": number(0), "a101": subject,
           "a102": hashlib.sha1(der).digest()}
    yield {**both, "a0": number(TRUST), "ace536358": number(DELEGATOR), "ace536359": number(VALID_DELEGATOR),
           "ace53635a": number(MUST_VERIFY), "ace53635b": number(MUST_VERIFY), "ace536360": b"\0",
           "ace5363b4": hashlib.sha1(der).digest(), "ace5363b5": hashlib.md5(der).digest()}


def make(path, table, columns, rows, more=()):
    database = sqlite3.connect(path)
    database.execute(f"CREATE TABLE {table} (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, {', '.join(columns)})")
    for name in more:
        database.execute(f"CREATE TABLE {name} (id PRIMARY KEY UNIQUE ON CONFLICT REPLACE, item1, item2)")
    for at, row in enumerate(rows, 1):
        marks = ", ".join("?" * (len(row) + 1))
        database.execute(f"INSERT INTO {table} (id, {', '.join(row)}) VALUES ({marks})", [at, *row.values()])
    database.commit()
    database.close()


def main(certificate, folder):
    with open(certificate, encoding="ascii") as file:
        rows = list(objects(base64.b64decode(file.read().split("-----")[2])))
    columns = sorted({name for row in rows for name in row})
    os.mkdir(folder)
    make(f"{folder}/cert9.db", "nssPublic", columns, rows)
    make(f"{folder}/key4.db", "nssPrivate", columns, (), ["metaData"])


main(*sys.argv[1:])
