"""A gRPC server of the world: grpc_server.py FOLDER ADDRESS, with the world's certificate. Says hello, with a trailer."""

import pathlib
import sys
import threading
from concurrent import futures

import grpc

folder = pathlib.Path(sys.argv[1])


class Hello(grpc.GenericRpcHandler):
    def service(self, call):
        def answer(asked, context):
            context.set_trailing_metadata((("live-trailer", "yes"),))
            return b"hello, " + asked

        return grpc.unary_unary_rpc_method_handler(answer) if call.method == "/live.Hello/Say" else None


server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[Hello()])
keys = grpc.ssl_server_credentials([((folder / "leaf.key").read_bytes(), (folder / "leaf.pem").read_bytes())])
server.add_secure_port(sys.argv[-1], keys)
server.start()
threading.Event().wait()
