"""Cron expressions and intervals of recurring runs.

Kubeflow reads cron with robfig/cron version 1: six fields, seconds first. `7` for Sunday, `L`, `#` and ranges
that wrap around, which other readers of cron accept, are errors there. So they are refused here, before a
schedule exists that never runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Field:
    """Name and limits of a field; `names` stand for the numbers from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def check(self, text: str) -> None:
        """
        Raises:
            ValueError: `text` is not a list of `*`, `?`, numbers and ranges, each with an optional step.
        """
        if not all(self._allows(item) for item in text.split(",")):
            raise ValueError(
                f"the {self.name} in cron is {text!r}; it must be * or {self.low} to {self.high}"
            )

    def _allows(self, item: str) -> bool:
        match = _ITEM.fullmatch(item)
        if not match or match["range"] in ("*", "?"):
            return match is not None
        bounds = match["range"].split("-")
        numbers = [number for bound in bounds if (number := self._number(bound)) is not None]
        return len(numbers) == len(bounds) and numbers == sorted(numbers)

    def _number(self, bound: str) -> int | None:
        """The value of a number or name; None if the field does not allow it."""
        if bound.lower() in self.names:
            return self.low + self.names.index(bound.lower())
        return int(bound) if bound.isdecimal() and self.low <= int(bound) <= self.high else None


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field(
        "month",
        1,
        12,
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ),
    _Field("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_ITEM = re.compile(r"(?P<range>\*|\?|\w+(-\w+)?)(/0*[1-9]\d*)?", re.ASCII)
_INTERVAL = re.compile(r"(\d+)([smhd])")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def six_fields(expression: str) -> str:
    """A cron expression with six fields, from one with five (minutes first, as in crontab) or six.

    Raises:
        ValueError: the expression has another number of fields, or a field is not valid.
    """
    fields = expression.split()
    if len(fields) == len(_FIELDS) - 1:
        fields = ["0", *fields]
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"cron is {expression!r}, with {len(fields)} fields; there must be 5 (minute, hour, day, month, "
            "weekday) or 6 (second first)"
        )
    for field, text in zip(_FIELDS, fields, strict=True):
        field.check(text)
    return " ".join(fields)


def read_interval(text: str) -> int:
    """Seconds of `90s`, `15m`, `2h` or `1d`.

    Raises:
        ValueError: the text has another form, or is less than a minute.
    """
    match = _INTERVAL.fullmatch(text.strip())
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match else 0
    if seconds < 60:
        raise ValueError(f"every is {text!r}; it must be a minute or more, such as 15m, 2h or 1d")
    return seconds


def format_interval(seconds: int) -> str:
    """`seconds` in the largest unit without a remainder; the inverse of `read_interval`."""
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _UNIT_SECONDS[unit] == 0)
    return f"{seconds // _UNIT_SECONDS[unit]}{unit}"
