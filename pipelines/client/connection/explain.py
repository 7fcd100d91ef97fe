"""Answers that say no, and silence, in words: the value, the limit, what to do."""

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
    BusyError,
    NotAllowedError,
    NotThereError,
    Outcome,
    RejectedError,
    ServerFaultError,
    ServiceError,
    SignInError,
    UnreachableError,
)
from pipelines.client.connection.settings import CA_VARIABLE, HOST_VARIABLE, PORT_FORWARD
from pipelines.client.connection.token import HOW_TO_GET_ONE, expiry_in_words

_GATEWAY = (502, 503, 504)
_LONGEST_MESSAGE = 400
_ADDRESS = f"Check --host or {HOST_VARIABLE}; with kubectl: {PORT_FORWARD}"


def explain_answer(
    status: int, headers: Mapping[str, str], body: bytes, url: str, token: str
) -> ServiceError:
    """An HTTP answer other than 2xx."""
    said, answered = _said(body)
    where = _origin(url)
    if status in range(300, 400):
        return _redirected(where, headers.get("Location", ""), token)
    if status == 401:
        return SignInError(f"{where} does not know you (401): {_token_state(token)}", remedy=HOW_TO_GET_ONE)
    if status == 403:
        return NotAllowedError(
            f"{where} does not allow this (403){said}",
            remedy="Check --namespace, or ask for the role kubeflow-edit in that namespace.",
        )
    if status == 404:
        return NotThereError(
            f"{where} knows nothing of that (404){said}",
            remedy=f"Check the run's or schedule's id. {_ADDRESS}" if not answered else "Check the id.",
        )
    if status == 429:
        wait = _retry_after(headers)
        asks = f" and asks to wait {wait:g} s" if wait is not None else ""
        return BusyError(
            f"{where} gets too many requests (429){asks}", remedy="Run again later.", wait_seconds=wait
        )
    if status >= 500:
        return ServerFaultError(
            f"{where} failed ({status}){said}",
            remedy="Run again in a minute. If it stays: kubectl logs -n kubeflow deployment/ml-pipeline",
            outcome=Outcome.UNKNOWN,
            answered=answered and status not in _GATEWAY,
            wait_seconds=_retry_after(headers),
        )
    return RejectedError(f"{where} refused the request ({status}){said}", remedy=_rejected_remedy(said))


def explain_page(url: str, token: str) -> SignInError:
    """A web page where the API's JSON was expected."""
    return SignInError(
        f"{_origin(url)} answered with a web page: a sign-in page, or not the API; {_token_state(token)}",
        remedy=f"{HOW_TO_GET_ONE} {_ADDRESS}",
    )


def explain_silence(error: HTTPError, url: str, seconds: float) -> ServiceError:
    """No answer at all."""
    where = _origin(url)
    if isinstance(error, SSLError):
        return UnreachableError(
            f"the certificate of {where} is not trusted ({error})",
            remedy=f"Set {CA_VARIABLE} to your authority's certificate.",
            transient=False,
        )
    if isinstance(error, NameResolutionError):
        return UnreachableError(f"there is no machine called {urlsplit(url).hostname}", remedy=f"{_ADDRESS}.")
    if isinstance(error, (NewConnectionError, ConnectTimeoutError, ProxyError)):
        return UnreachableError(f"nothing answers at {where}", remedy=f"{_ADDRESS}.")
    if isinstance(error, ReadTimeoutError):
        return UnreachableError(
            f"{where} gave no answer within {seconds:g} s",
            remedy="Check the load of Kubeflow's API server and its database, then run again.",
            outcome=Outcome.UNKNOWN,
        )
    return UnreachableError(
        f"the connection to {where} broke off",
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
        f"{where} sends to a sign-in page ({to.netloc}{to.path}): {_token_state(token)}",
        remedy=HOW_TO_GET_ONE,
    )


def _token_state(token: str) -> str:
    if not token:
        return "no token was sent"
    return expiry_in_words(token.removeprefix("Bearer ")) or "the token is wrong or has expired"


def _said(body: bytes) -> tuple[str, bool]:
    """The server's own words, and whether they are those of the API server and not of a gateway."""
    try:
        content = json.loads(body)
        message = str(content["message"])
    except (ValueError, KeyError, TypeError):
        return "", False
    short = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
    return f": {short}", "code" in content


def _rejected_remedy(said: str) -> str:
    if "namespace" in said.lower():
        return "Name your profile with --namespace."
    return "Check the parameters; the versions of kubesplat and of Kubeflow Pipelines (2.17) must fit."


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
