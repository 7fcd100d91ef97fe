"""A run's progress on a terminal, or as plain lines for logs and pipes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from components.shared.contracts.forecast import Forecast
from components.shared.contracts.progress import RunProgress, StageProgress
from components.shared.progress import ProgressEvent, duration, line
from components.shared.timeline import StageLine, Timeline

_MARKS = {
    "waiting": ("·", "dim"),
    "running": ("▸", "cyan"),
    "done": ("✓", "green"),
    "reused": ("✓", "green"),
    "failed": ("✗", "red"),
}
_PLAIN_LINE_EVERY_SECONDS = 10.0


class ProgressDisplay(Protocol):
    """Shows the progress events of a run; a context manager."""

    def __enter__(self) -> ProgressDisplay: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, event: ProgressEvent) -> None: ...
    def fail(self, stage: str) -> None:
        """Mark the stage that failed."""


Expected = Callable[[], Forecast | None]
"""What a run is expected to take, which its first task computes."""


def open_display(console: Console, expected: Expected = lambda: None) -> ProgressDisplay:
    """A live display on a terminal, plain lines elsewhere."""
    kind = TerminalDisplay if console.is_terminal else PlainDisplay
    return kind(console, Timeline(), expected)


def _add(timeline: Timeline, event: ProgressEvent, expected: Expected) -> StageLine | None:
    if event["phase"] == "start":
        timeline.expect(expected())
    return timeline.add(event)


class TerminalDisplay(AbstractContextManager["TerminalDisplay"]):
    """One line per stage with its bar and time left; above them the time of the whole run."""

    def __init__(self, console: Console, timeline: Timeline, expected: Expected = lambda: None) -> None:
        self._timeline, self._expected = timeline, expected
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=4)

    def __enter__(self) -> TerminalDisplay:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: ProgressEvent) -> None:
        _add(self._timeline, event, self._expected)

    def fail(self, stage: str) -> None:
        self._timeline.fail(stage, time.time())

    def _render(self) -> RenderableType:
        return render_progress(self._timeline.describe(time.time()))


class PlainDisplay(AbstractContextManager["PlainDisplay"]):
    """A line when a stage starts and ends, and every ten seconds between."""

    def __init__(self, console: Console, timeline: Timeline, expected: Expected = lambda: None) -> None:
        self._console = console
        self._timeline, self._expected = timeline, expected
        self._last_line = 0.0

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, event: ProgressEvent) -> None:
        was_done = self._timeline.is_done(event["stage"])
        stage = _add(self._timeline, event, self._expected)
        if stage is None or was_done:
            return
        now = event["time"]
        if stage.state == "done":
            self._write(f"{stage.name}: done in {duration(stage.seconds(now))}{self._total_left(now)}")
        elif now - self._last_line >= _PLAIN_LINE_EVERY_SECONDS or event["phase"] == "start":
            self._write(line(stage.name, stage.progress, stage.seconds_left(now)))
            self._last_line = now

    def fail(self, stage: str) -> None:
        self._write(f"{stage}: failed")

    def _total_left(self, now: float) -> str:
        left = self._timeline.seconds_left(now)
        return f", about {duration(left)} left" if left else ""

    def _write(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def render_progress(progress: RunProgress) -> RenderableType:
    """A headline and one row per stage."""
    rows = Table.grid(padding=(0, 1))
    rows.add_column(width=1)
    rows.add_column(width=8)
    rows.add_column(width=20)
    rows.add_column(width=4, justify="right")
    rows.add_column(width=11, no_wrap=True)
    rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for name, stage in progress.stages.items():
        rows.add_row(*_cells(name, stage))
    return Group(_headline(progress), rows)


def _headline(progress: RunProgress) -> Text:
    elapsed = duration((progress.updated_at - progress.started_at).total_seconds())
    left = progress.seconds_left
    if progress.status != "running":
        return Text(f"{progress.status} after {elapsed}", style="bold")
    return Text(f"{elapsed} so far" + (f", about {duration(left)} left" if left else ""), style="bold")


def _cells(name: str, stage: StageProgress) -> list[RenderableType]:
    mark, style = _MARKS[stage.state]
    title = Text(name, style="dim" if stage.state == "waiting" else "")
    if stage.state == "waiting":
        return [Text(mark, style), title]
    if stage.state == "reused":
        return [Text(mark, style), title, Text("from an earlier run", "dim")]
    bar = ProgressBar(total=1.0, completed=stage.fraction, width=20)
    left = stage.seconds_left
    time_text = f"{duration(left)} left" if left is not None else duration(stage.seconds)
    phase = ": ".join(part for part in (stage.phase, stage.note) if part)
    note = Text(phase if stage.state != "done" else "", style="dim")
    return [Text(mark, style), title, bar, Text(f"{stage.fraction:.0%}"), Text(time_text), note]
