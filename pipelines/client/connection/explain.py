"""Typed errors from HTTP answers and network errors, with the value, the limit and a remedy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from urllib3 import Retry
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from pipelines.client.connection.errors import (
    Outcome,
    PermissionDeniedError,
    RateLimitError,
    RejectedError,
    ResourceNotFoundError,
    ServerError,
    ServiceError,
    SignInError,
    UnreachableError,
)
from pipelines.client.connection.settings import CA_VARIABLE, HOST_VARIABLE, PORT_FORWARD
from pipelines.client.connection.token import HOW_TO_GET_ONE, describe_expiry

_GATEWAY = (502, 503, 504)
_LONGEST_MESSAGE = 400
_ADDRESS = f"Check --host or {HOST_VARIABLE}; with kubectl: {PORT_FORWARD}"


def explain_answer(
    status: int, headers: Mapping[str, str], body: bytes, url: str, token: str
) -> ServiceError:
    """The error for an HTTP answer other than 2xx."""
    detail, answered = _message(body)
    where = _origin(url)
    if status in range(300, 400):
        return _redirected(where, headers.get("Location", ""), token)
    if status == 401:
        return SignInError(f"{where} refused the sign-in (401): {_token_state(token)}", remedy=HOW_TO_GET_ONE)
    if status == 403:
        return PermissionDeniedError(
            f"{where} denied the permission (403){detail}",
            remedy="Check --namespace, or request the role kubeflow-edit in that namespace.",
        )
    if status == 404:
        return ResourceNotFoundError(
            f"{where} found nothing (404){detail}",
            remedy=f"Check the run's or schedule's id. {_ADDRESS}" if not answered else "Check the id.",
        )
    if status == 429:
        wait = _retry_after(headers)
        limit = f", retry after {wait:g} s" if wait is not None else ""
        return RateLimitError(
            f"{where} received too many requests (429){limit}", remedy="Run again later.", wait_seconds=wait
        )
    if status >= 500:
        return ServerError(
            f"{where} failed ({status}){detail}",
            remedy="Run again in a minute. If it persists: kubectl logs -n kubeflow deployment/ml-pipeline",
            outcome=Outcome.UNKNOWN,
            answered=answered and status not in _GATEWAY,
            wait_seconds=_retry_after(headers),
        )
    return RejectedError(f"{where} refused the request ({status}){detail}", remedy=_rejected_remedy(detail))


def explain_page(url: str, token: str) -> SignInError:
    """The error for a web page where the API's JSON was expected."""
    return SignInError(
        f"{_origin(url)} answered with a web page: a sign-in page, or not the API; {_token_state(token)}",
        remedy=f"{HOW_TO_GET_ONE} {_ADDRESS}",
    )


def explain_no_answer(error: HTTPError, url: str, seconds: float) -> ServiceError:
    """The error for a request without an answer; `seconds` is its time limit."""
    where = _origin(url)
    if isinstance(error, SSLError):
        return UnreachableError(
            f"the certificate of {where} is not trusted ({error})",
            remedy=f"Set {CA_VARIABLE} to your authority's certificate.",
            transient=False,
        )
    if isinstance(error, NameResolutionError):
        return UnreachableError(f"the host name {urlsplit(url).hostname} is unknown", remedy=f"{_ADDRESS}.")
    if isinstance(error, (NewConnectionError, ConnectTimeoutError, ProxyError)):
        return UnreachableError(f"no connection to {where}", remedy=f"{_ADDRESS}.")
    if isinstance(error, ReadTimeoutError):
        return UnreachableError(
            f"{where} did not answer within {seconds:g} s",
            remedy="Check the load of Kubeflow's API server and its database, then run again.",
            outcome=Outcome.UNKNOWN,
        )
    return UnreachableError(
        f"the connection to {where} was interrupted",
        remedy="Check the network and, if there is one, the port-forward; then run again.",
        outcome=Outcome.UNKNOWN,
    )


def _redirected(where: str, target: str, token: str) -> ServiceError:
    to = urlsplit(target)
    if to.scheme == "https" and where == f"http://{to.netloc}":
        return UnreachableError(
            f"{where} is only served by https",
            remedy=f"Use --host https://{to.netloc} instead.",
            transient=False,
        )
    return SignInError(
        f"{where} redirects to a sign-in page ({to.netloc}{to.path}): {_token_state(token)}",
        remedy=HOW_TO_GET_ONE,
    )


def _token_state(token: str) -> str:
    if not token:
        return "no token was sent"
    return describe_expiry(token.removeprefix("Bearer ")) or "the token is wrong or has expired"


def _message(body: bytes) -> tuple[str, bool]:
    """The server's message, and whether it comes from the API server and not from a gateway."""
    try:
        content = json.loads(body)
        message = str(content["message"])
    except (ValueError, KeyError, TypeError):
        return "", False
    short = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
    return f": {short}", "code" in content


def _rejected_remedy(detail: str) -> str:
    if "namespace" in detail.lower():
        return "Name your profile with --namespace."
    return "Check the parameters, and that Kubeflow Pipelines has version 2.17."


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After")
    if not value:
        return None
    try:
        return float(Retry().parse_retry_after(value))
    except InvalidHeader:
        return None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
