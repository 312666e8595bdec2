"""A server whose health is fine, and whose API or version is not."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

ANSWERS = {"/health": (200, b"OK"), "/version": (200, b"3.5.0"), "/api": (403, b"no")}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
