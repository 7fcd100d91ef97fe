"""One HTTP POST with tries: repeated where the receiver may recover, and never redirected."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

import certifi

TRY_SECONDS = 5.0
WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Waits between the tries; a receiver may ask for a longer one, up to the last of these."""
_TRANSIENT = (408, 425, 429)
"""Statuses below 500 after which another try can help."""


class DeliveryError(Exception):
    """A message was not taken. The text never contains the address, which may contain a token."""


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is an error: the body and the signature are for the receiver alone."""

    def redirect_request(self, *_: object) -> None:
        return None


def deliver(
    url: str,
    body: bytes,
    headers: Callable[[], Mapping[str, str]],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """POST the JSON `body`; `headers` are asked for in each try, because a signature has a time.

    Raises:
        DeliveryError: it was refused, or all tries failed.
    """
    opener = _opener()
    for wait in (*WAITS_SECONDS, None):
        problem, asked = _send(opener, url, body, headers())
        if problem is None:
            return
        if asked is None:
            raise DeliveryError(problem)
        if wait is not None:
            sleep(min(max(wait, asked), WAITS_SECONDS[-1]))
    raise DeliveryError(f"{problem}, in each of {len(WAITS_SECONDS) + 1} tries")


def _opener() -> OpenerDirector:
    authorities = os.environ.get("SSL_CERT_FILE") or certifi.where()
    context = ssl.create_default_context(cafile=authorities)
    return build_opener(_NoRedirects, HTTPSHandler(context=context))


def _send(
    opener: OpenerDirector, url: str, body: bytes, headers: Mapping[str, str]
) -> tuple[str | None, float | None]:
    """What went wrong, None if nothing did; and the seconds to wait for, None if another try cannot help."""
    content = {"Content-Type": "application/json", "User-Agent": "kubesplat"}
    request = Request(url, data=body, headers={**content, **headers}, method="POST")
    try:
        answer: IO[bytes]
        with opener.open(request, timeout=TRY_SECONDS) as answer:
            answer.read(1)
        return None, None
    except HTTPError as error:
        with error:
            return _refusal(error)
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not valid: {error.verify_message}", None
    except (URLError, HTTPException, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {reason.verify_message}", None
        return f"no answer ({_name(reason)})", 0.0


def _refusal(error: HTTPError) -> tuple[str, float | None]:
    if 300 <= error.code < 400:
        return f"it answered {error.code}: redirects are not followed; give the final address", None
    problem = f"it answered {error.code}"
    if error.code < 500 and error.code not in _TRANSIENT:
        return problem, None
    asked = error.headers.get("Retry-After", "")
    return problem, float(asked) if asked.isdecimal() else 0.0


def _name(reason: object) -> str:
    """The kind of an error: its text may contain the address."""
    return (reason.strerror if isinstance(reason, OSError) else None) or type(reason).__name__
