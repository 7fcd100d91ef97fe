"""Progress of a single stage: a bar on a terminal, plain lines elsewhere. Both go to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from components.shared.progress import OnProgress, Progress, reporter


@contextmanager
def stage_progress(stage: str) -> Iterator[OnProgress]:
    """Yield the callback that a stage's library reports to."""
    if not sys.stderr.isatty():
        yield reporter(stage, stream=sys.stderr)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(stage, total=1.0)

        def show(progress: Progress) -> None:
            bars.update(task, completed=progress.fraction, description=progress.phase)

        yield show
