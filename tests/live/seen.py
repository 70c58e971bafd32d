"""What the world's logs say, a line each.

    seen.py FOLDER requests           "METHOD host/path"
    seen.py FOLDER field HOST NAME    this field's values in the requests to HOST, each once
    seen.py FOLDER packets            "address port", each once; left out are resets (who dials the
                                      machine gets one) and what machines say by themselves to
                                      their link (neighbours, names, groups)
    seen.py FOLDER bait               "address port" of each connection that bait took
"""

import ipaddress
import json
import pathlib
import sys

FOLDER, WHAT = pathlib.Path(sys.argv[1]), sys.argv[2]


def records(name: str):
    return (json.loads(line) for line in (FOLDER / name).read_text("ascii").splitlines())


def requests():
    for record in records("requests"):
        method, target = record["line"].split(" ")[:2]
        yield f"{method} {record['sni'] or record['server']}{target}"


def field(host: str, name: str):
    found = {value for record in records("requests") if record["sni"] == host
             for key, value in record["fields"] if key.lower() == name}
    return sorted(found)


def packets():
    seen = {(record["to"], record["port"]) for record in records("packets")
            if not record["reset"]}
    return sorted(f"{to} {port}" for to, port in seen if not of_the_link(to))


def of_the_link(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_multicast or parsed.is_link_local and parsed.version == 6


def bait():
    for record in records("bait"):
        yield f"{record['bait'][0]} {record['bait'][1]}"


for line in {"requests": requests, "field": field, "packets": packets, "bait": bait}[WHAT](
        *sys.argv[3:]):
    print(line)
