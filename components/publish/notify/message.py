"""What is said when a run or a pass over an inbox has ended, before it takes the form of a receiver."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from components.shared.contracts.contract import Contract
from components.shared.errors import Failure

Event = Literal["run.succeeded", "run.failed", "inbox.finished", "inbox.failed"]
"""`inbox.failed`: a capture failed, or the inbox could not be read."""
EVENTS: tuple[Event, ...] = get_args(Event)


class Message(Contract):
    """One message. Its fields but `id` and `event` are `data` of a webhook's body."""

    id: str
    """Equal messages have equal ids: a receiver that is told twice can tell."""
    event: Event
    title: str
    """Name of the scene or the inbox."""
    text: str
    """What happened, in one sentence."""
    run: str | None = None
    """Id of the run on its cluster; None on one machine."""
    output: str
    """Where the results are: a folder or an s3:// prefix."""
    failure: Failure | None = None
    """Why there is no scene, and what to do."""
    figures: dict[str, int | float | None] = Field(default_factory=dict)
    """By name with unit, as in report.json; None where one was not measured."""
    details: list[str] = Field(default_factory=list)
    """Further sentences, such as one for each capture of an inbox."""
    links: dict[str, str] = Field(default_factory=dict)
    """Addresses by what is there."""
