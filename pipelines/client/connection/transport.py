"""HTTP requests to Kubeflow Pipelines with time limits, retries and typed errors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from kfp_server_api import ApiException, Configuration
from kfp_server_api.rest import RESTClientObject
from urllib3.exceptions import HTTPError, SSLError

from pipelines.client.connection.errors import Outcome, ServiceError, SignInError
from pipelines.client.connection.explain import explain_answer, explain_no_answer, explain_page

TRIES = 4
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0

_REPEATABLE = re.compile(r":(terminate|enable|disable)$")
"""Idempotent requests beside GET and DELETE."""


class Transport(RESTClientObject):
    """Replaces the generated REST client, which has no time limit and follows redirects to sign-in pages.

    `timeout` is for connecting and for the answer, in seconds.
    """

    def __init__(
        self,
        configuration: Configuration,
        timeout: tuple[float, float],
        read_token: Callable[[], str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        configuration.retries = False
        super().__init__(configuration)
        self._timeout, self._read_token, self._sleep = timeout, read_token, sleep

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        """Send a request; repeat it after a transient error if it cannot take effect twice.

        Raises:
            ServiceError: the request failed.
        """
        renewed = False
        for number in range(TRIES):
            try:
                return self._send(method, url, *arguments, **options)
            except ServiceError as error:
                if isinstance(error, SignInError) and not renewed and self._renew(options):
                    renewed = True
                    continue
                wait = error.wait_seconds or FIRST_WAIT_SECONDS * 2**number
                last = number == TRIES - 1 or wait > LONGEST_WAIT_SECONDS
                if last or not error.transient or not _may_repeat(error, method, url):
                    raise
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _send(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        token = (options.get("headers") or {}).get("authorization", "")
        options["_request_timeout"] = self._timeout
        try:
            response = super().request(method, url, *arguments, **options)
        except ApiException as error:
            if not error.status:
                raise explain_no_answer(SSLError(str(error.reason)), url, self._timeout[1]) from error
            raise explain_answer(error.status, error.headers, error.body, url, token) from error
        except HTTPError as error:
            raise explain_no_answer(error, url, self._timeout[1]) from error
        if response.data.lstrip()[:1] == b"<":
            raise explain_page(url, token)
        return response

    def _renew(self, options: dict[str, Any]) -> bool:
        """Put the current token into the request's headers; False if the request had that token already."""
        headers, token = options.get("headers") or {}, self._read_token()
        if not token or headers.get("authorization") == f"Bearer {token}":
            return False
        headers["authorization"] = f"Bearer {token}"
        return True


def _may_repeat(error: ServiceError, method: str, url: str) -> bool:
    if error.outcome is Outcome.REFUSED or method in ("GET", "DELETE"):
        return True
    return bool(_REPEATABLE.search(url.split("?")[0]))
