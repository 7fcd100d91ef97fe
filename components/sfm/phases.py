"""Progress of work whose phases cost differently."""

from __future__ import annotations

from components.shared.progress import OnProgress, Progress

FIND, MATCH, PLACE = "find features", "match photos", "place photos"

# Measured; only their ratios matter.
_FIND_SECONDS_A_PHOTO, _MATCH_SECONDS_A_PAIR, _PLACE_SECONDS_A_PHOTO = 0.5, 0.06, 0.2


class Phases:
    """Turns counts in the phases of one attempt into its part `start`..`end` of the whole stage."""

    def __init__(
        self, on_progress: OnProgress, start: float, end: float, *, photos: int, pairs: int, find: bool
    ) -> None:
        self._on_progress, self._start, self._end = on_progress, start, end
        self._totals = {FIND: photos, MATCH: pairs, PLACE: photos}
        self._costs = {
            FIND: _FIND_SECONDS_A_PHOTO * photos if find else 0.0,
            MATCH: _MATCH_SECONDS_A_PAIR * pairs,
            PLACE: _PLACE_SECONDS_A_PHOTO * photos,
        }

    def __call__(self, phase: str, count: int) -> None:
        total = self._totals[phase]
        count = min(count, total)  # photos that are in two models count twice
        names = list(self._costs)
        before = sum(self._costs[name] for name in names[: names.index(phase)])
        share = (before + self._costs[phase] * count / max(1, total)) / sum(self._costs.values())
        unit = "pairs" if phase == MATCH else "photos"
        fraction = self._start + share * (self._end - self._start)
        self._on_progress(Progress(phase, fraction, f"{count} of {total} {unit}"))
