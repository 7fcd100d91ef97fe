"""Tells everyone whom the environment names; a run is neither failed by it nor held up for long."""

from __future__ import annotations

import logging
import os
from functools import partial

from components.publish.notify.deliver import DeliveryError
from components.publish.notify.message import EVENTS, Message
from components.publish.notify.targets import find_targets
from components.shared.environment import NOTIFY_ON_VARIABLE
from components.shared.errors import KubesplatError
from components.shared.time_limit import run_within

LIMIT_SECONDS = 25.0
"""For all receivers together: enough for all tries where each is answered quickly."""
_log = logging.getLogger(__name__)


class NotificationError(KubesplatError):
    """Somebody was not told, where telling is all that was asked for."""

    retryable = True


def notify(message: Message) -> dict[str, str]:
    """Send `message` to each receiver; return by receiver what went wrong, or "".

    Never raises: problems are logged.
    """
    if message.event not in _wanted():
        return {}
    targets, problems = find_targets()
    outcomes = dict.fromkeys(problems, "nothing was sent")
    errors = run_within(LIMIT_SECONDS, [partial(target.send, message) for target in targets])
    outcomes |= {target.name: _explain(error) for target, error in zip(targets, errors, strict=True)}
    for receiver, problem in outcomes.items():
        if problem:
            _log.warning("%s was not told of %s: %s", receiver, message.event, problem)
    return outcomes


def _wanted() -> tuple[str, ...]:
    chosen = os.environ.get(NOTIFY_ON_VARIABLE, "")
    return tuple(each.strip() for each in chosen.split(",")) if chosen.strip() else EVENTS


def _explain(error: Exception | None) -> str:
    """Only texts that are known to contain no address; others might have a token in it."""
    if error is None:
        return ""
    return str(error) if isinstance(error, DeliveryError | TimeoutError) else type(error).__name__
