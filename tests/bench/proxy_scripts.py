"""What mitmproxy runs in a measurement: BENCH_KIND says how much of our add-on is in it."""

import asyncio
import json
import os
import socket
import sys

from mitmproxy import ctx

sys.path.insert(0, os.environ["PROXY_MODULES"])

import journal  # noqa: E402
import resolve  # noqa: E402
import startup  # noqa: E402

KIND = os.environ["BENCH_KIND"]
WORLD = json.loads(os.environ["PROXY_WORLD"])
REAL = socket.getaddrinfo


def lookup(host, *more, **options):
    return REAL(WORLD["names"].get(host, [host])[0], *more, **options)


class Alone:
    """mitmproxy itself: the names of the bench, and the notice that it listens."""

    def load(self, loader):
        socket.getaddrinfo = lookup
        loader.add_option("sandbox_policy", str, "", "")

    def running(self):
        self.task = asyncio.get_running_loop().create_task(self.announce())

    async def announce(self):
        while not startup.listening(ctx.master.addons.get("proxyserver")):
            await asyncio.sleep(0.05)
        journal.notify("READY=1")


class Hooks(Alone):
    """The hooks that our add-on has, with nothing in them but what streaming needs."""

    def http_connect(self, flow):
        pass

    def requestheaders(self, flow):
        flow.request.stream = "content-length" in flow.request.headers

    def request(self, flow):
        pass

    def responseheaders(self, flow):
        length = flow.response.headers.get("content-length", "999999")
        flow.response.stream = int(length) > 16384

    def response(self, flow):
        pass

    def error(self, flow):
        pass

    def server_connect(self, data):
        pass

    def client_disconnected(self, client):
        pass


if KIND == "ours":
    resolve._system_getaddrinfo = lookup
    resolve.is_public = lambda address: address in WORLD["open"]
    import target
    # The bench's names end in .test, as names of no real world do.
    target.SPECIAL_USE = tuple(ending for ending in target.SPECIAL_USE if ending != "test")
    from addon import addons
else:
    addons = [{"alone": Alone, "hooks": Hooks}[KIND]()]
