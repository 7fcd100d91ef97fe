"""State of each stage and time left of a run, from its progress events."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from components.shared.contracts.forecast import Forecast
from components.shared.contracts.progress import RunProgress, StageProgress, StageState
from components.shared.progress import Pace, Progress, ProgressEvent
from components.shared.stages import REQUIRED_STAGES, STAGE_NAMES, TYPICAL_SHARES

_NOT_BEGUN = Progress("", 0.0)
_NOT_MOVING = Pace(0.0)


@dataclass(slots=True)
class StageLine:
    """One stage of the timeline; times are seconds of the event clock."""

    name: str
    state: StageState = "waiting"
    progress: Progress = _NOT_BEGUN
    started: float = 0.0
    ended: float = 0.0
    pace: Pace = _NOT_MOVING
    """Pace of the current try."""

    def seconds(self, now: float) -> float:
        """Duration of the stage up to `now`."""
        if self.state in ("waiting", "reused"):
            return 0.0
        return (now if self.state == "running" else self.ended) - self.started

    def describe(self, now: float) -> StageProgress:
        return StageProgress(
            state=self.state,
            fraction=1.0 if self.state == "done" else self.progress.fraction,
            phase=self.progress.phase,
            note=self.progress.note,
            seconds=self.seconds(now),
            seconds_left=self.seconds_left(now),
        )

    def seconds_left(self, now: float) -> float | None:
        return self.pace.seconds_left(self.progress.fraction, now) if self.state == "running" else None


@dataclass(slots=True)
class Timeline:
    """State of a run's stages; `add` takes its progress events in order."""

    started: float = field(default_factory=time.time)
    stages: dict[str, StageLine] = field(
        default_factory=lambda: {name: StageLine(name) for name in REQUIRED_STAGES}
    )
    """In the order in which they run; an optional one from its first event on."""
    shares: Mapping[str, float] = field(default_factory=lambda: TYPICAL_SHARES)
    """Of the stages in the time of a run, with 1 as their sum."""

    @classmethod
    def resumed(cls, progress: RunProgress) -> Self:
        """The timeline of a run that went on elsewhere up to `progress`."""
        updated = progress.updated_at.timestamp()
        timeline = cls(started=progress.started_at.timestamp())
        for name, stage in progress.stages.items():
            if line := timeline._line(name):
                line.state, line.ended = stage.state, updated
                line.started = updated - stage.seconds
                line.progress = Progress(stage.phase, stage.fraction, stage.note)
                line.pace = Pace(updated, stage.fraction)
        return timeline

    def expect(self, forecast: Forecast | None) -> None:
        """Take the shares of the stages from the run's forecast, if it is known by now."""
        total = forecast.seconds() if forecast else 0.0
        if forecast and total > 0.0 and forecast.stages.keys() >= self.stages.keys():
            self.shares = {name: stage.seconds / total for name, stage in forecast.stages.items()}

    def describe(self, now: float, run: str | None = None) -> RunProgress:
        """All that there is to say at `now`; `run` is the run's id on a cluster."""
        begun = [name for name, line in self.stages.items() if line.state not in ("waiting", "reused")]
        return RunProgress(
            run=run,
            started_at=datetime.fromtimestamp(self.started, UTC),
            updated_at=datetime.fromtimestamp(now, UTC),
            stage=begun[-1] if begun else None,
            fraction=self.fraction(),
            seconds_left=self.seconds_left(now),
            stages={name: line.describe(now) for name, line in self.stages.items()},
        )

    def add(self, event: ProgressEvent) -> StageLine | None:
        """Apply one event; return its stage's line, or None for a stage that has no line."""
        line = self._line(event["stage"])
        if line is None:
            return None
        self._end_earlier(line, event["time"])
        if line.state == "waiting":
            line.state, line.started = "running", event["time"]
            line.pace = Pace(event["time"])
        elif line.state == "failed":  # another try
            line.state = "running"
        line.progress = Progress(event["phase"], min(1.0, event["fraction"]), event["note"])
        if event["phase"] == "start" or event["starts_pace"]:
            line.pace = Pace(event["time"], line.progress.fraction)
        if event["phase"] == "done":
            line.state, line.ended = "done", event["time"]
        return line

    def is_done(self, stage: str) -> bool:
        return stage in self.stages and self.stages[stage].state == "done"

    def fail(self, stage: str, now: float) -> None:
        line = self._line(stage)
        if line is not None:
            line.started = line.started or now
            line.state, line.ended = "failed", now

    def fraction(self) -> float:
        """Finished part of what this run has to do, in [0, 1], by the shares of its stages."""
        own = [line for line in self.stages.values() if line.state != "reused"]
        done = {line.name: 1.0 if line.state == "done" else line.progress.fraction for line in own}
        total = sum(self._share(name) for name in done)
        return sum(self._share(name) * part for name, part in done.items()) / total if total else 0.0

    def seconds_left(self, now: float) -> float | None:
        """Time to the end of the run, in seconds; None while too little is known.

        The estimate for later stages, and for one that has hardly begun, scales their share by the time of
        the earlier ones.
        """
        lines = self.stages.values()
        running = next((line for line in lines if line.state == "running"), None)
        left = running.seconds_left(now) if running else None
        known = [line for line in lines if line.state == "done" or (line is running and left is not None)]
        share = sum(self._share(line.name) for line in known)
        if share < 0.1:  # ingest of a few photos is too short to extrapolate from
            return None
        spent = sum(line.seconds(now) for line in known) + (left or 0.0)
        to_come = [line for line in lines if line.state in ("waiting", "running") and line not in known]
        expected = spent / share * sum(self._share(line.name) for line in to_come)
        begun = sum(line.seconds(now) for line in to_come)
        return (left or 0.0) + max(0.0, expected - begun)

    def _line(self, name: str) -> StageLine | None:
        """The line of a stage; an optional stage gets its own now, a name of no stage gets none."""
        if name not in self.stages and name in STAGE_NAMES:
            self.stages[name] = StageLine(name)
            self.stages = {each: self.stages[each] for each in STAGE_NAMES if each in self.stages}
        return self.stages.get(name)

    def _share(self, name: str) -> float:
        return self.shares.get(name, 0.0)

    def _end_earlier(self, line: StageLine, now: float) -> None:
        """Stages run one after another: a running earlier one has ended, an unstarted one was reused."""
        for other in self.stages.values():
            if other is line:
                return
            if other.state == "running":
                other.state, other.ended = "done", now
            elif other.state == "waiting":
                other.state = "reused"
