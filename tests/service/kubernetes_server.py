"""A Kubernetes API on a loopback port that serves recorded objects by their paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class KubernetesServer:
    objects: dict[str, Any]
    """Objects and lists by path; any other path is answered with 404."""
    forbidden: set[str] = field(default_factory=set)
    """Paths that are answered with 403."""
    refused: set[str] = field(default_factory=set)
    """Resources that service accounts may do nothing with."""
    status: int = 200
    """Of every answer that is not an error."""
    port: int = 0

    def config(self) -> str:
        """The kubeconfig that leads here."""
        cluster = {"name": "here", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}
        context = {"name": "here", "context": {"cluster": "here", "user": "me"}}
        user = {"name": "me", "user": {"token": "mine"}}
        lists = {"clusters": [cluster], "contexts": [context], "users": [user]}
        return json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "here", **lists})

    def answer(self, target: str, sent: bytes = b"") -> tuple[int, Any]:
        parts = urlsplit(target)
        if parts.path in self.forbidden:
            return 403, {"reason": "Forbidden"}
        if parts.path.endswith("selfsubjectaccessreviews"):
            return 201, {"status": {"allowed": "pods" not in self.forbidden}}
        if parts.path.endswith("/subjectaccessreviews"):
            resource = json.loads(sent)["spec"]["resourceAttributes"]["resource"]
            return 201, {"status": {"allowed": resource not in self.refused}}
        if parts.path not in self.objects:
            return 404, {"reason": "NotFound"}
        found, query = self.objects[parts.path], parse_qs(parts.query)
        if "labelSelector" in query:
            wanted = dict(each.split("=") for each in query["labelSelector"][0].split(","))
            items = [each for each in found["items"] if wanted.items() <= each["metadata"]["labels"].items()]
            return self.status, {"items": items}
        return self.status, found


@contextmanager
def serve_kubernetes(recording: Path) -> Iterator[KubernetesServer]:
    """Serve the objects of a recording until the block ends; the block may change them."""
    state = KubernetesServer(json.loads(recording.read_text()))
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(state)) as server:
        server.daemon_threads = True
        state.port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


def _handler(state: KubernetesServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = state.answer(self.path, sent)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
