"""Runs and their stages as tables."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.shared.progress import duration

if TYPE_CHECKING:
    from pipelines.client.inspect_run import RunStatus
    from pipelines.client.runs import Run

_COLORS = {
    "done": "green",
    "reused": "green",
    "SUCCEEDED": "green",
    "running": "cyan",
    "RUNNING": "cyan",
    "retrying": "yellow",
    "failed": "bold red",
    "FAILED": "bold red",
}


def show_runs(runs: list[Run], console: Console) -> None:
    """One line for each run, newest first."""
    if not runs:
        console.print("There are no runs yet. Start one with `kubesplat submit`.", markup=False)
        return
    table = _table("run", "name", "state", "started", "time")
    for run in runs:
        ended = run.finished_at or datetime.now().astimezone()
        time = duration((ended - run.created_at).total_seconds()) if run.created_at else ""
        table.add_row(run.id, run.name, _colored(run.state), _local(run.created_at), time)
    console.print(table, soft_wrap=not console.is_terminal)


def show_status(status: RunStatus, console: Console) -> None:
    """A run with its stages."""
    run = status.run
    console.print(Text.assemble((run.name, "bold"), "  ", _colored(run.state)), soft_wrap=True)
    facts = {"run": run.id, "started": _local(run.created_at), "results": run.output, "link": status.url}
    for name, fact in facts.items():
        if fact:
            console.print(Text.assemble((f"  {name:<8} ", "dim"), fact), soft_wrap=True)
    console.print()
    console.print(_stages(status), soft_wrap=not console.is_terminal)
    for note in status.notes:
        console.print(Text(f"\n{note}", style="yellow"), soft_wrap=True)


def _stages(status: RunStatus) -> Table:
    table = _table("stage", "state", "time", "retries", "what went wrong")
    for stage in status.stages:
        table.add_row(
            stage.stage,
            _colored(stage.state),
            "" if stage.seconds is None else duration(stage.seconds),
            "" if stage.retries is None else str(stage.retries),
            Text(stage.failure["message"] if stage.failure else ""),
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        numeric = column in ("time", "retries")
        wraps = column == "what went wrong"
        table.add_column(column, justify="right" if numeric else "left", no_wrap=not wraps)
    return table


def _colored(state: str) -> Text:
    return Text(state, style=_COLORS.get(state, ""))


def _local(time: datetime | None) -> str:
    """In this machine's time zone, which it names."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M %Z") if time else ""
