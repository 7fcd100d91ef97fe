"""Times of recurring runs, as Kubeflow wants them: six fields, seconds first."""

from __future__ import annotations

import re

_FIELDS = (
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 6),
)
_NAMES = re.compile(r"(?i)jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat")
_ITEM = re.compile(r"(\*|\?|\d+(-\d+)?)(/[1-9]\d*)?")
_EVERY = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def six_fields(expression: str) -> str:
    """A cron expression with six fields, from one with five (minutes first, as in crontab) or six.

    Raises:
        ValueError: it is neither.
    """
    fields = expression.split()
    if len(fields) == len(_FIELDS) - 1:
        fields = ["0", *fields]
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"cron is {expression!r}, with {len(fields)} fields; allowed are 5 (minute, hour, day, month, "
            "weekday) or 6 (second first)"
        )
    for field, (name, low, high) in zip(fields, _FIELDS, strict=True):
        _check(field, name, low, high)
    return " ".join(fields)


def read_interval(text: str) -> int:
    """Seconds of `90s`, `15m`, `2h` or `1d`.

    Raises:
        ValueError: it is none of these, or less than a minute.
    """
    match = _EVERY.fullmatch(text.strip())
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if seconds < 60:
        raise ValueError(f"every is {text!r}; allowed is a minute or more, such as 15m, 2h or 1d")
    return seconds


def interval_in_words(seconds: int) -> str:
    """In the largest unit that leaves no rest: what `read_interval` reads."""
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def _check(field: str, name: str, low: int, high: int) -> None:
    for item in field.split(","):
        numbers = _ITEM.fullmatch(_NAMES.sub(str(low), item))
        values = [int(number) for number in re.findall(r"\d+", item.split("/")[0])]
        if not numbers or any(not low <= value <= high for value in values):
            raise ValueError(f"the {name} in cron is {field!r}; allowed is * or {low} to {high}")
