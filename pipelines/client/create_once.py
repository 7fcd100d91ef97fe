"""Creating something on a server that knows no idempotency keys, without ever creating it twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pipelines.client import pause
from pipelines.client.connection.errors import Outcome, ServiceError, UncertainError

Created = TypeVar("Created")

LOOK_AFTER_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Times between looks for what an unanswered request may have created."""


def create_once(
    create: Callable[[], Created], find: Callable[[], Created | None], what: str, look_with: str
) -> Created:
    """Call `create`; if its answer is lost, `find` what it made by its unique name.

    It is sent once more only if Kubeflow itself said that the first request failed, and nothing is
    found. After silence nothing is sent again, for the first request may still be under way.

    Raises:
        UncertainError: neither an answer nor the thing was found; `look_with` is how to look later.
    """
    for may_resend in (True, False):
        try:
            return create()
        except ServiceError as error:
            if error.outcome is Outcome.REFUSED:
                raise
            lost = error
        found = _look(find, what, look_with)
        if found is not None:
            return found
        if not (may_resend and lost.answered):
            break
    if lost.answered:
        raise lost
    raise _uncertain(what, look_with, lost) from lost


def _look(find: Callable[[], Created | None], what: str, look_with: str) -> Created | None:
    for seconds in LOOK_AFTER_SECONDS:
        pause.pause(seconds)
        try:
            found = find()
        except ServiceError as error:
            raise _uncertain(what, look_with, error) from error
        if found is not None:
            return found
    return None


def _uncertain(what: str, look_with: str, error: ServiceError) -> UncertainError:
    return UncertainError(
        f"it is not known whether {what} was created: {error.message}",
        remedy=f"It was sent only once. Look with `{look_with}`, and give the same command again only "
        "if it is not there.",
        outcome=Outcome.UNKNOWN,
    )
