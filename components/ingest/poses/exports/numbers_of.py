"""Numbers in the text of an export."""

from __future__ import annotations

from components.ingest.poses.damaged import damaged
from components.ingest.source.safe_names import shown_text
from components.shared.numbers import number_in

_SHOWN = 60
MAX_PLACE, MAX_COEFFICIENT = 1e9, 1e3


def numbers_of(text: str | None, count: int, limit: float, named: str, source: str) -> list[float]:
    """`count` numbers with spaces between them, each from `-limit` to `limit`; `named` says what they are.

    Raises:
        InputError: there are more or fewer, or one is none, or out of range.
    """
    fields = (text or "").split()
    numbers = [number for field in fields if (number := number_in(field, -limit, limit)) is not None]
    if len(fields) != count or len(numbers) != count:
        shown = shown_text(" ".join(fields))[:_SHOWN]
        raise damaged(source, f"{named} is {shown!r}; it must be {count} numbers up to {limit:,.10g}")
    return numbers


def number_of(text: str | None, low: float, high: float, named: str, source: str) -> float:
    """A number from `low` to `high`.

    Raises:
        InputError: it is none, or out of range.
    """
    number = number_in((text or "").strip(), low, high)
    if number is None:
        shown = shown_text(text or "")[:_SHOWN]
        raise damaged(source, f"{named} is {shown!r}; it must be a number from {low:,.10g} to {high:,.10g}")
    return number
