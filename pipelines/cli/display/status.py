"""Tables of runs, stages and captures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from components.shared.errors import Failure
from components.shared.progress import duration
from pipelines.cli.display.tables import Column, Row, print_table

if TYPE_CHECKING:
    from pipelines.client.runs import Run
    from pipelines.client.status.inbox_pass import CaptureStatus
    from pipelines.client.status.inspect_run import InspectedRun
    from pipelines.client.status.stages import StageStatus

_COLORS = {
    "done": "green",
    "reused": "green",
    "SUCCEEDED": "green",
    "running": "cyan",
    "RUNNING": "cyan",
    "retrying": "yellow",
    "waiting for a node": "yellow",
    "cannot start": "bold red",
    "failed": "bold red",
    "FAILED": "bold red",
}


_MIN_INDENTED_WIDTH = 50
"""Narrower terminals, in characters, fit an id into a line only without an indent."""

_RUN_COLUMNS = (
    Column("run"),
    Column("name", wraps=True),
    Column("state"),
    Column("started", drops=1),
    Column("time", drops=2, numeric=True),
)
_STAGE_COLUMNS = (
    Column("stage"),
    Column("state"),
    Column("time", drops=2, numeric=True),
    Column("retries", drops=1, numeric=True),
    Column("cause", wraps=True),
)
_CAPTURE_COLUMNS = (
    Column("capture", wraps=True),
    Column("state"),
    Column("stage", drops=2),
    Column("time", drops=1, numeric=True),
    Column("cause", wraps=True),
    Column("scene", wraps=True),
)


def show_runs(runs: list[Run], console: Console) -> None:
    """Print one line for each run, newest first."""
    if not runs:
        console.print("There are no runs yet. Start one with `kubesplat submit`.", markup=False)
        return
    rows = []
    for run in runs:
        ended = run.finished_at or datetime.now().astimezone()
        time = duration((ended - run.created_at).total_seconds()) if run.created_at else ""
        rows.append((run.id, run.name, _colored(run.state), _local(run.created_at), time))
    print_table(_RUN_COLUMNS, rows, console)


def show_status(status: InspectedRun, console: Console) -> None:
    """Print a run with its stages, or with the captures of a pass over an inbox."""
    run = status.run
    console.print(Text.assemble((run.name, "bold"), "  ", _colored(run.state)), soft_wrap=True)
    facts = {"run": run.id, "started": _local(run.created_at), "results": run.output, "link": status.url}
    is_wide = console.width >= _MIN_INDENTED_WIDTH or not console.is_terminal
    indent, width = ("  ", 8) if is_wide else ("", 0)
    for name, fact in facts.items():
        if fact:
            console.print(Text.assemble((f"{indent}{name:<{width}} ", "dim"), fact), soft_wrap=True)
    console.print()
    if status.captures:
        show_captures(status.captures, console)
    elif status.stages:
        print_table(_STAGE_COLUMNS, [_stage_row(each) for each in status.stages], console)
    for note in status.notes:
        console.print(Text(f"\n{note}", style="yellow"), soft_wrap=not console.is_terminal)


def show_captures(captures: Sequence[CaptureStatus], console: Console) -> None:
    """Print one line for each capture."""
    print_table(_CAPTURE_COLUMNS, [_capture_row(each) for each in captures], console)


def _stage_row(stage: StageStatus) -> Row:
    cause = stage.waits_for or _cause(stage.failure)
    retries = "" if stage.retries is None else str(stage.retries)
    return stage.stage, _colored(stage.state), _time(stage.seconds), retries, cause


def _capture_row(capture: CaptureStatus) -> Row:
    cause = _first_line(capture.reason) or _cause(capture.failure)
    state = _colored(capture.state)
    return capture.capture, state, capture.stage, _time(capture.seconds), cause, capture.output


def _cause(failure: Failure | None) -> str:
    return _first_line(failure.message) if failure else ""


def _first_line(message: str) -> str:
    """Further lines of a message list details, such as every photo."""
    return message.partition("\n")[0].removesuffix(":")


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def _colored(state: str) -> Text:
    return Text(state, style=_COLORS.get(state, ""))


def _local(time: datetime | None) -> str:
    """The time in this machine's time zone, with the zone's name."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M %Z") if time else ""
