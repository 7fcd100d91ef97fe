"""One page, served to this machine only."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve_page(page: bytes, *, port: int, open_browser: bool, on_ready: Callable[[str], None]) -> None:
    """Serve `page` at / on the loopback address until interrupted; `on_ready` gets the address.

    Raises:
        OSError: the port is taken.
    """
    with ThreadingHTTPServer(("127.0.0.1", port), _handler(page)) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        on_ready(address)
        if open_browser:
            webbrowser.open(address)
        server.serve_forever()


def _handler(page: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.split("?")[0] != "/":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            pass  # a request is no news

    return Handler
