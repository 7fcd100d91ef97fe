"""Every request to Kubeflow Pipelines: its time limit, its retries, its failures as types."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kfp_server_api import ApiException, Configuration
from kfp_server_api.rest import RESTClientObject
from urllib3.exceptions import HTTPError, SSLError

from pipelines.client import pause
from pipelines.client.connection.errors import Outcome, ServiceError, SignInError
from pipelines.client.connection.explain import explain_answer, explain_page, explain_silence

TRIES = 4
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0

_REPEATABLE = re.compile(r":(terminate|enable|disable)$")
"""What can be asked twice without doing it twice, beside GET and DELETE."""


class Transport(RESTClientObject):
    """Takes the place of the generated client's own, which waits for ever and follows to sign-in pages."""

    def __init__(
        self, configuration: Configuration, timeout: tuple[float, float], read_token: Callable[[], str]
    ) -> None:
        configuration.retries = False
        super().__init__(configuration)
        self._timeout, self._read_token = timeout, read_token

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        """Send, and send again where that can help and cannot do anything twice.

        Raises:
            ServiceError: in one of its kinds.
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
            pause.pause(wait)
        raise AssertionError("the last try returns or raises")

    def _send(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        token = (options.get("headers") or {}).get("authorization", "")
        options["_request_timeout"] = self._timeout
        try:
            response = super().request(method, url, *arguments, **options)
        except ApiException as error:
            if not error.status:
                raise explain_silence(SSLError(str(error.reason)), url, self._timeout[1]) from error
            raise explain_answer(error.status, error.headers, error.body, url, token) from error
        except HTTPError as error:
            raise explain_silence(error, url, self._timeout[1]) from error
        if response.data.lstrip()[:1] == b"<":
            raise explain_page(url, token)
        return response

    def _renew(self, options: dict[str, Any]) -> bool:
        """Put a token into the request that was not sent yet, if there is one by now."""
        headers, token = options.get("headers") or {}, self._read_token()
        if not token or headers.get("authorization") == f"Bearer {token}":
            return False
        headers["authorization"] = f"Bearer {token}"
        return True


def _may_repeat(error: ServiceError, method: str, url: str) -> bool:
    if error.outcome is Outcome.REFUSED or method in ("GET", "DELETE"):
        return True
    return bool(_REPEATABLE.search(url.split("?")[0]))
