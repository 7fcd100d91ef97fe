"""Errors of requests to Kubeflow Pipelines."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from components.shared.errors import KubesplatError


class Outcome(Enum):
    """The effect of a request that failed."""

    REFUSED = "no effect"
    UNKNOWN = "the request may have taken effect"


class ServiceError(KubesplatError):
    """A request to Kubeflow Pipelines failed."""

    usually_transient: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        outcome: Outcome = Outcome.REFUSED,
        answered: bool = False,
        wait_seconds: float | None = None,
        transient: bool | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.transient = self.usually_transient if transient is None else transient
        """Whether the same request may succeed later without any change."""
        self.outcome = outcome
        self.answered = answered
        """Whether Kubeflow's API server itself has answered, so that it no longer works on the request."""
        self.wait_seconds = wait_seconds
        """Time to wait before the next request, in seconds, from the header Retry-After."""


class SignInError(ServiceError):
    """401: no token, or a token that is wrong or has expired."""


class PermissionDeniedError(ServiceError):
    """403: the user lacks a permission."""


class ResourceNotFoundError(ServiceError):
    """404: there is no such run, schedule or address."""

    exit_code = 2


class RejectedError(ServiceError):
    """The request is not valid."""


class RateLimitError(ServiceError):
    """429: too many requests."""

    usually_transient = True


class ServerError(ServiceError):
    """5xx: an internal error of Kubeflow or of its gateway."""

    usually_transient = True


class UnreachableError(ServiceError):
    """No connection, or no answer in time."""

    usually_transient = True


class UnknownOutcomeError(ServiceError):
    """It could not be found out whether an object was created; the request was not repeated."""
