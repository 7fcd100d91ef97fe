"""The outcome of one check."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["ok", "warn", "fail", "unseen"]
"""`unseen`: what the check needs could not be read; it counts neither as good nor as bad."""


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    """What was checked, in one or two words."""
    verdict: Verdict
    text: str
    """What was found, with values and limits; for `unseen` the reason."""
    remedy: str = ""
    """What to do; empty for `ok`."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def ok(check: str, text: str) -> Finding:
    return Finding(check, "ok", text)


def warn(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, "warn", text, remedy)


def fail(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, "fail", text, remedy)


def unseen(check: str, reason: str, remedy: str = "") -> Finding:
    return Finding(check, "unseen", reason, remedy)
