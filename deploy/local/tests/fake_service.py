"""A service that does nothing but answer /readyz: `python fake_service.py <port> [unready]`; POST ends it with 7."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if "unready" in sys.argv else 200)
        self.end_headers()

    def do_POST(self):
        os._exit(7)

    def log_message(self, *_):
        pass


print("fake service starts", flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
