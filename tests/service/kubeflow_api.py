"""What the package `kfp-server-api` says about the API: a request that it does not describe is a mistake."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import kfp_server_api
from kfp_server_api import ApiClient


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: re.Pattern[str]
    queries: frozenset[str]
    body: str | None
    response: str | None


def read_operations() -> list[Operation]:
    """From the generated client's code: paths, methods, queries, and the models of bodies."""
    found = []
    for name in dir(kfp_server_api):
        if not name.endswith("ServiceApi"):
            continue
        for method, function in inspect.getmembers(getattr(kfp_server_api, name), inspect.isfunction):
            if method.endswith("_with_http_info"):
                found.append(_operation(method.removesuffix("_with_http_info"), inspect.getsource(function)))
    return found


def _operation(name: str, source: str) -> Operation:
    path, method = re.search(r"'(/apis/[^']*)', '([A-Z]+)'", source).groups()  # type: ignore[union-attr]
    body = re.search(r"body_params = local_var_params\['(\w+)'\]", source)
    kind = re.search(rf":type {body[1]}: (\w+)", source)[1] if body else None  # type: ignore[index]
    response = re.search(r"response_type='([^']+)'", source)
    return Operation(
        name=name,
        method=method,
        path=re.compile(re.sub(r"\\{\w+\\}", "([^/:]+)", re.escape(path))),
        queries=frozenset(re.findall(r"query_params\.append\(\('([^']+)'", source)),
        body=kind,
        response=response[1] if response else None,
    )


OPERATIONS = read_operations()


def recognize(method: str, target: str, body: bytes) -> tuple[Operation, list[str], dict[str, str], Any]:
    """The operation, the path's variables, the query, and the body as its model.

    Raises:
        AssertionError: the API's description knows no such request.
    """
    parts = urlsplit(target)
    matches = [(each, each.path.fullmatch(parts.path)) for each in OPERATIONS if each.method == method]
    fitting = [(operation, match) for operation, match in matches if match]
    assert fitting, f"no operation {method} {parts.path}"
    operation, match = fitting[0]
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    assert set(query) <= operation.queries, f"{operation.name} knows no {set(query) - operation.queries}"
    if query.get("filter"):
        read_model(query["filter"], "V2beta1Filter")
    assert bool(body) == bool(operation.body), f"{operation.name}: body {body[:80]!r}"
    return (
        operation,
        list(match.groups()),
        query,
        read_model(body, operation.body) if operation.body else None,
    )


def read_model(text: str | bytes, kind: str) -> Any:
    """JSON as a model of the description, which must know all of it."""
    content = json.loads(text)
    client = ApiClient()
    model = client.deserialize(SimpleNamespace(data=json.dumps(content)), kind)
    again = client.sanitize_for_serialization(model)
    assert _with_words(again) == _with_words(content), f"{kind} loses something of {content}"
    return model


def write_model(model: Any) -> bytes:
    return json.dumps(ApiClient().sanitize_for_serialization(model)).encode()


def _with_words(value: Any) -> Any:
    """JSON writes 64-bit integers as words, and reads both; nulls say nothing."""
    if isinstance(value, dict):
        return {name: _with_words(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_with_words(each) for each in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
