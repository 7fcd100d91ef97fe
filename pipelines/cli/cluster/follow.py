"""A run on the cluster, followed to its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from components.shared.errors import KubesplatError, exit_code_of
from components.shared.progress import duration
from pipelines.cli.display.status import show_status
from pipelines.cli.display.summary import show_summary
from pipelines.cli.failure import INTERRUPTED, show_failure
from pipelines.client import pause

if TYPE_CHECKING:
    from pipelines.client.connection.connect import Kubeflow
    from pipelines.client.status.inspect_run import RunStatus

POLL_SECONDS = 10.0
PATIENCE_SECONDS = 600.0
"""Kubeflow's API may be away for so long, as while its node is replaced; the run does not need it."""


def follow_run(kubeflow: Kubeflow, run: str, *, as_json: bool) -> None:
    """Say when a stage changes until the run ends; then end as the run did.

    Raises:
        typer.Exit: the run failed or was cancelled.
    """
    seen: dict[str, str] = {}
    try:
        while True:
            status = _inspect_patiently(kubeflow, run)
            _tell_changes(status, seen)
            if not status.run.unfinished:
                break
            pause.pause(POLL_SECONDS)
    except KeyboardInterrupt:
        typer.echo(f"\nThe run goes on. Follow it: kubesplat status {run} --wait", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _show_end(status, as_json=as_json)
    end_as(status)


def _inspect_patiently(kubeflow: Kubeflow, run: str) -> RunStatus:
    """
    Raises:
        ServiceError: for good, or for longer than `PATIENCE_SECONDS`.
    """
    from pipelines.client.connection.errors import ServiceError
    from pipelines.client.status.inspect_run import inspect_run

    waited = 0.0
    while True:
        try:
            return inspect_run(kubeflow, run)
        except ServiceError as error:
            if not error.transient or waited >= PATIENCE_SECONDS:
                raise
            if not waited:
                typer.echo(f"{error.message}; the run goes on, and this waits for an answer", err=True)
        pause.pause(POLL_SECONDS)
        waited += POLL_SECONDS


def end_as(status: RunStatus) -> None:
    """
    Raises:
        typer.Exit: with the exit status that belongs to a run that did not succeed.
    """
    if status.failure:
        show_failure(status.failure)
        raise typer.Exit(exit_code_of(status.failure["type"]))
    if status.run.state in ("CANCELED", "CANCELING"):
        raise typer.Exit(INTERRUPTED)
    if status.run.state == "SKIPPED":
        raise typer.Exit(KubesplatError.exit_code)


def _tell_changes(status: RunStatus, seen: dict[str, str]) -> None:
    parts = [(each.capture, each.state, each.seconds, each.words) for each in status.captures]
    parts = parts or [(each.stage, each.state, each.seconds, each.waits_for) for each in status.stages]
    for name, state, seconds, words in parts:
        if state in ("waiting", "not run") or seen.get(name) == state:
            continue
        seen[name] = state
        time = f", {duration(seconds)}" if state in ("done", "failed") and seconds is not None else ""
        typer.echo(f"{name}: {state}{time}{f': {words}' if words else ''}", err=True)


def _show_end(status: RunStatus, *, as_json: bool) -> None:
    console = Console(highlight=False)
    if as_json:
        typer.echo(json.dumps(status.to_json()))
    elif status.report and status.report["status"] == "succeeded" and status.run.output:
        show_summary(status.report, status.run.output, console)
        console.print(f"\nGet them: kubesplat fetch {status.run.id}", markup=False)
    else:
        show_status(status, console)
