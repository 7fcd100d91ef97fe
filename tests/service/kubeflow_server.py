"""A Kubeflow Pipelines API on a loopback port: it checks requests strictly, and fails as configured."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import kfp_server_api as api

from tests.service.kubeflow_api import Operation, recognize, write_model


@dataclass
class Fault:
    """What happens to the next `times` requests of an operation whose name matches."""

    operation: str
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_seconds: float = 0.0
    breaks_off: bool = False
    after_work: bool = False
    """The request is carried out, and only its answer is lost."""


@dataclass(frozen=True)
class Request:
    operation: str
    query: dict[str, str]
    token: str
    body: Any


@dataclass
class KubeflowServer:
    """Its state, and what it was asked."""

    port: int = 0
    multi_user: bool = False
    token: str | None = None
    """The accepted token; None: any request is accepted."""
    has_pages: bool = True
    """As Kubeflow's interface, which passes the API on; False: as the API server itself."""
    prefix: str = ""
    """Before the path of every request, as a gateway wants it."""
    runs: dict[str, api.V2beta1Run] = field(default_factory=dict)
    experiments: dict[str, api.V2beta1Experiment] = field(default_factory=dict)
    schedules: dict[str, api.V2beta1RecurringRun] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    """What the client would have waited, in seconds."""
    mistakes: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, operation: str) -> int:
        """How many requests of the operations with these words in their name arrived."""
        return sum(operation in request.operation for request in self.requests)

    def last(self, operation: str) -> Request:
        return [request for request in self.requests if operation in request.operation][-1]

    def add_run(self, **facts: Any) -> api.V2beta1Run:
        run = api.V2beta1Run(**{"run_id": str(uuid4()), "state": "RUNNING", **facts})
        run.created_at = run.created_at or datetime.now(UTC)
        self.runs[run.run_id] = run
        return run

    def fault_for(self, operation: Operation) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.search(fault.operation, operation.name):
                fault.times -= 1
                return fault
        return None

    def answer(self, operation: Operation, path: list[str], query: dict[str, str], body: Any) -> Any:
        name = operation.name.split("_service_", 1)[1]
        return getattr(self, f"_{name}")(*path, query=query, body=body)

    def _get_healthz(self, **_: Any) -> Any:
        health = {"multi_user": self.multi_user, "pipeline_store": "database", "tag_name": "2.17.0"}
        own = {"multi_user": self.multi_user, "pipelineStore": "database", "apiServerReady": True}
        pages = {"frontendTagName": "2.17.0", "apiServerTagName": "2.17.0"}
        return {**own, **pages} if self.has_pages else health

    def _create_experiment(self, body: Any, **_: Any) -> Any:
        body.experiment_id = str(uuid4())
        self.experiments[body.experiment_id] = body
        return body

    def _list_experiments(self, query: dict[str, str], **_: Any) -> Any:
        return api.V2beta1ListExperimentsResponse(experiments=_filtered(self.experiments, query))

    def _create_run(self, body: Any, query: dict[str, str]) -> Any:
        assert not query
        assert body.pipeline_spec
        assert body.experiment_id in self.experiments
        run = self.add_run(**{name: getattr(body, name) for name in body.openapi_types})
        run.run_id, run.state = str(uuid4()), "PENDING"
        self.runs = {each.run_id: each for each in self.runs.values()}
        return run

    def _list_runs(self, query: dict[str, str], **_: Any) -> Any:
        newest = sorted(_filtered(self.runs, query), key=lambda run: run.created_at, reverse=True)
        start, size = int(query.get("page_token") or 0), int(query["page_size"])
        more = str(start + size) if start + size < len(newest) else None
        page = newest[start : start + size]
        return api.V2beta1ListRunsResponse(runs=page, total_size=len(newest), next_page_token=more)

    def _get_run(self, run_id: str, **_: Any) -> Any:
        return self.runs[run_id]

    def _terminate_run(self, run_id: str, **_: Any) -> Any:
        self.runs[run_id].state = "CANCELING"
        return {}

    def _create_recurring_run(self, body: Any, **_: Any) -> Any:
        body.recurring_run_id = str(uuid4())
        body.status = "ENABLED" if body.mode == "ENABLE" else "DISABLED"
        body.created_at = datetime.now(UTC)
        self.schedules[body.recurring_run_id] = body
        return body

    def _list_recurring_runs(self, query: dict[str, str], **_: Any) -> Any:
        return api.V2beta1ListRecurringRunsResponse(recurring_runs=_filtered(self.schedules, query))

    def _delete_recurring_run(self, schedule_id: str, **_: Any) -> Any:
        del self.schedules[schedule_id]
        return {}

    def _enable_recurring_run(self, schedule_id: str, **_: Any) -> Any:
        self.schedules[schedule_id].status = "ENABLED"
        return {}

    def _disable_recurring_run(self, schedule_id: str, **_: Any) -> Any:
        self.schedules[schedule_id].status = "DISABLED"
        return {}


@contextmanager
def serve_kubeflow() -> Iterator[KubeflowServer]:
    """Serve on a free port until the block ends; what the API does not describe fails it."""
    state = KubeflowServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(state)) as server:
        server.daemon_threads = True
        state.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
    assert not state.mistakes, state.mistakes


def _filtered(things: dict[str, Any], query: dict[str, str]) -> list[Any]:
    found = list(things.values())
    for predicate in json.loads(query.get("filter") or "{}").get("predicates", []):
        alone = predicate.get("string_value")
        values = predicate["string_values"]["values"] if alone is None else [alone]
        found = [each for each in found if getattr(each, predicate["key"]) in values]
    return found


def _handler(state: KubeflowServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not self.path.startswith(state.prefix):
                return self._send(404, b"404 page not found")
            try:
                operation, path, query, model = recognize(
                    self.command, self.path.removeprefix(state.prefix), body
                )
            except AssertionError as error:
                state.mistakes.append(str(error))
                return self._send(400, b"{}")
            token = self.headers.get("Authorization", "")
            content = json.loads(body) if body else None
            state.requests.append(Request(operation.name, query, token, content))
            fault = state.fault_for(operation)
            if fault is None or fault.after_work:
                reply = self._work(operation, path, query, model, token)
            if fault is None:
                return self._send(*reply)
            time.sleep(fault.delay_seconds)
            if fault.breaks_off:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return None
            return self._send(fault.status or 200, fault.body, fault.headers)

        def _work(
            self, operation: Operation, path: list[str], query: dict[str, str], model: Any, token: str
        ) -> tuple[int, bytes]:
            if state.token and token != f"Bearer {state.token}":
                return 401, b'{"error":"Unauthenticated","code":16,"message":"Request header error"}'
            try:
                return 200, write_model(state.answer(operation, path, query, model))
            except KeyError as error:
                return 404, json.dumps({"code": 5, "message": f"{error} not found"}).encode()
            except Exception as error:
                state.mistakes.append(f"{operation.name}: {error!r}")
                return 400, b"{}"

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            try:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the client has given up, as it was meant to

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
