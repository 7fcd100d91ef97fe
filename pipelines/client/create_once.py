"""Create an object at most once on a server without idempotency keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pipelines.client.connection.errors import Outcome, ServiceError, UnknownOutcomeError

Created = TypeVar("Created")

LOOKUP_DELAYS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Delays before each lookup of the object that an unanswered request may have created."""


def create_once(
    create: Callable[[], Created],
    find: Callable[[], Created | None],
    what: str,
    lookup_command: str,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Created:
    """Call `create`; if the answer is lost, `find` the object by its unique name.

    The request is repeated once, and only if Kubeflow itself answered with an error and the object is not
    found. A request without any answer is never repeated, because the server may still be working on it.

    Raises:
        UnknownOutcomeError: there was no answer and the object was not found; the remedy names
            `lookup_command`.
    """
    for may_resend in (True, False):
        try:
            return create()
        except ServiceError as error:
            if error.outcome is Outcome.REFUSED:
                raise
            lost = error
        found = _look_up(find, what, lookup_command, sleep)
        if found is not None:
            return found
        if not (may_resend and lost.answered):
            break
    if lost.answered:
        raise lost
    raise _unknown_outcome(what, lookup_command, lost) from lost


def _look_up(
    find: Callable[[], Created | None], what: str, lookup_command: str, sleep: Callable[[float], None]
) -> Created | None:
    for seconds in LOOKUP_DELAYS_SECONDS:
        sleep(seconds)
        try:
            found = find()
        except ServiceError as error:
            raise _unknown_outcome(what, lookup_command, error) from error
        if found is not None:
            return found
    return None


def _unknown_outcome(what: str, lookup_command: str, error: ServiceError) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        f"it is not known whether {what} was created: {error.message}",
        remedy=f"The request was sent only once. Look with `{lookup_command}`, and repeat the command only "
        "if it is not listed.",
        outcome=Outcome.UNKNOWN,
    )
