"""Progress of one attempt, whose phases cost differently."""

from __future__ import annotations

from components.shared.progress import OnProgress, Progress

EXTRACT, MATCH, REGISTER = "extract features", "match photos", "register photos"

_UNITS = {EXTRACT: "photos", MATCH: "pairs", REGISTER: "steps"}
_COSTS = {EXTRACT: 0.35, MATCH: 0.4, REGISTER: 0.25}
"""Measured on 252 photos; only their ratios matter."""


class AttemptProgress:
    """Reports the fractions of the phases that an attempt has, in their order."""

    def __init__(self, on_progress: OnProgress, phases: list[str]) -> None:
        self._on_progress = on_progress
        self._phases = phases

    def __call__(
        self, phase: str, count: int, total: int, unit: str | None = None, *, resumed: bool = False
    ) -> None:
        """Report that `count` of `total` photos, pairs or steps of `phase` are done, or that another try did
        them."""
        count = min(count, total)  # photos that are in two models count twice
        before = sum(_COSTS[name] for name in self._phases[: self._phases.index(phase)])
        done = (before + _COSTS[phase] * count / max(1, total)) / sum(_COSTS[name] for name in self._phases)
        note = f"{count} of {total} {unit or _UNITS[phase]}"
        self._on_progress(Progress(phase, done, note, starts_pace=resumed))
