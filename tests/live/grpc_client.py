"""grpc_client.py HOST:PORT NAME: asks grpc_server.py, and prints what it says."""

import os
import sys

import grpc

with open(os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"], "rb") as roots:
    channel = grpc.secure_channel(sys.argv[1], grpc.ssl_channel_credentials(roots.read()))
said, call = channel.unary_unary("/live.Hello/Say").with_call(sys.argv[2].encode(), timeout=10)
assert dict(call.trailing_metadata())["live-trailer"] == "yes"
print(said.decode())
