"""What can go wrong between this machine and Kubeflow Pipelines, as types."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from components.shared.errors import KubesplatError


class Outcome(Enum):
    """What became of a request that failed."""

    REFUSED = "nothing was done"
    UNKNOWN = "it may have been done"


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
        """Whether another try may succeed without anybody doing something."""
        self.outcome = outcome
        self.answered = answered
        """Kubeflow's own API server has answered, so that it is done with the request."""
        self.wait_seconds = wait_seconds
        """How long the service asks to be left alone."""


class SignInError(ServiceError):
    """Kubeflow does not know who asks: no token, or one that is wrong or has expired."""


class NotAllowedError(ServiceError):
    """Kubeflow knows who asks, and says no."""


class NotThereError(ServiceError):
    """There is no such run, schedule or address."""

    exit_code = 2


class RejectedError(ServiceError):
    """Kubeflow understood the request and cannot accept it."""


class BusyError(ServiceError):
    """Kubeflow asks for fewer requests."""

    usually_transient = True


class ServerFaultError(ServiceError):
    """Something broke inside Kubeflow, or between it and its gateway."""

    usually_transient = True


class UnreachableError(ServiceError):
    """No connection, or no answer in time."""

    usually_transient = True


class UncertainError(ServiceError):
    """Whether something was created could not be found out; nothing was sent twice."""
