"""Progress of a run elsewhere, as its `progress.json` tells it: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from components.shared.contracts.progress import RunProgress
from components.shared.progress import Progress, duration, line
from pipelines.cli.display.run_progress import render_progress

QUIET_SECONDS = 180.0
"""Three missed heartbeats."""
_PLAIN_LINE_EVERY_SECONDS = 30.0


class Follower(Protocol):
    """Shows each state of a run that it is given; a context manager."""

    def __enter__(self) -> Follower: ...
    def __exit__(self, *_: object) -> None: ...
    def show(self, progress: RunProgress) -> None: ...


def open_follower(console: Console) -> Follower:
    """A live display on a terminal, plain lines elsewhere."""
    return TerminalFollower(console) if console.is_terminal else PlainFollower(console)


class TerminalFollower(AbstractContextManager["TerminalFollower"]):
    """One line per stage, replaced by each newer state and removed at the end."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, transient=True, auto_refresh=False)

    def __enter__(self) -> TerminalFollower:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, progress: RunProgress) -> None:
        self._live.update(render_state(progress, datetime.now(UTC)), refresh=True)


class PlainFollower(AbstractContextManager["PlainFollower"]):
    """A line when another stage runs, and every half minute of news between."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: RunProgress | None = None

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, progress: RunProgress) -> None:
        name = progress.stage
        if name is None or progress.stages[name].state != "running" or not self._is_due(progress):
            return
        self._shown, stage = progress, progress.stages[name]
        text = line(name, Progress(stage.phase, stage.fraction, stage.note), stage.seconds_left)
        left = progress.seconds_left
        total = f"; {progress.fraction:.0%} of the run" + (f", about {duration(left)} left" if left else "")
        self._console.print(text + total, markup=False, highlight=False, soft_wrap=True)

    def _is_due(self, progress: RunProgress) -> bool:
        last = self._shown
        if last is None or last.stage != progress.stage:
            return True
        return (progress.updated_at - last.updated_at).total_seconds() >= _PLAIN_LINE_EVERY_SECONDS


def render_state(progress: RunProgress, now: datetime) -> RenderableType:
    """The stages, and a note if a run that should write its progress has not done so for long."""
    quiet = (now - progress.updated_at).total_seconds()
    if progress.status != "running" or quiet < QUIET_SECONDS:
        return render_progress(progress)
    note = (
        f"No news for {duration(quiet)}: the next stage waits for a machine, or the run was killed. "
        "The same command starts it again; kubesplat status RUN asks the cluster."
    )
    return Group(render_progress(progress), Text(note, style="yellow"))
