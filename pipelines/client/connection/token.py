"""The bearer token of a request, and its time of expiry."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

from kfp.client import TokenCredentialsBase

from components.shared.progress import duration
from pipelines.client.connection.errors import SignInError
from pipelines.client.connection.settings import TOKEN_FILE_VARIABLE

HOW_TO_GET_ONE = (
    "Get a new token, such as by `kubectl create token default-editor -n PROFILE "
    "--audience pipelines.kubeflow.org --duration 8h > token`, and name the file with --token-file "
    f"or {TOKEN_FILE_VARIABLE}."
)


class Token(TokenCredentialsBase):
    """A fixed token, or a file with a token that may be renewed."""

    def __init__(self, text: str | None = None, file: Path | None = None) -> None:
        self._text, self._file = text, file

    def refresh_api_key_hook(self, config: Any) -> None:
        """Called by the generated client before each request."""
        config.api_key["authorization"] = self.read()

    def read(self) -> str:
        """
        Raises:
            SignInError: the file cannot be read or is empty.
        """
        if self._file is None:
            return self._text or ""
        try:
            text = self._file.expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise SignInError(
                f"the token in {self._file} cannot be read: {reason}", remedy=HOW_TO_GET_ONE
            ) from error
        if not text:
            raise SignInError(f"the token in {self._file} is empty", remedy=HOW_TO_GET_ONE)
        return text


def describe_expiry(token: str, now: float | None = None) -> str | None:
    """`it expired 2h05m ago`; None if the token is not a JSON web token with a time of expiry.

    `now` is in seconds since 1970.
    """
    expires = _expires_at(token)
    if expires is None:
        return None
    left = expires - (time.time() if now is None else now)
    return f"it is valid for another {duration(left)}" if left > 0 else f"it expired {duration(-left)} ago"


def _expires_at(token: str) -> float | None:
    """The claim `exp`, in seconds since 1970; the signature is not verified."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (ValueError, KeyError, TypeError):
        return None
