"""Follow a run on the cluster to its end."""

from __future__ import annotations

import json

import typer
from rich.console import Console

from components.shared.contracts.progress import RunProgress
from components.shared.contracts.report import RunStatus
from components.shared.errors import InputError, KubesplatError, StorageError, exit_code_of
from components.shared.progress import duration
from components.shared.share_progress import read_progress
from components.shared.storage import is_s3, open_storage
from pipelines.cli.display.follower import open_follower
from pipelines.cli.display.status import show_status
from pipelines.cli.display.summary import show_summary
from pipelines.cli.failure import INTERRUPTED, show_failure
from pipelines.client.connection.connect import Kubeflow
from pipelines.client.connection.errors import ServiceError
from pipelines.client.status.inspect_run import InspectedRun, inspect_run

POLL_SECONDS = 10.0
OUTAGE_SECONDS = 600.0
"""Tolerated outage of Kubeflow's API, as while its node is replaced; the run continues meanwhile."""


def follow_run(kubeflow: Kubeflow, run: str, *, as_json: bool) -> None:
    """Print each change of a stage's state until the run ends; then exit with the run's status.

    Raises:
        typer.Exit: the run failed or was cancelled.
    """
    seen: dict[str, str] = {}
    try:
        with open_follower(Console(stderr=True, highlight=False)) as follower:
            while True:
                status = _inspect_with_retries(kubeflow, run)
                _show_changes(status, seen)
                if not status.run.unfinished:
                    break
                if progress := _progress_of(status):
                    follower.show(progress)
                kubeflow.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        typer.echo(f"\nThe run continues. Follow it: kubesplat status {run} --follow", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _show_end(status, as_json=as_json)
    exit_as(status)


def _progress_of(status: InspectedRun) -> RunProgress | None:
    """What the run says of itself at its output; None where there is nothing to read, as at its start."""
    output = status.run.output
    if output is None or status.run.inbox or not is_s3(output):
        return None
    try:
        progress = read_progress(open_storage(output))
    except (StorageError, InputError):  # the status says that the output cannot be read
        return None
    return progress if progress and progress.run == status.run.id else None


def _inspect_with_retries(kubeflow: Kubeflow, run: str) -> InspectedRun:
    """
    Raises:
        ServiceError: a permanent error, or an outage longer than `OUTAGE_SECONDS`.
    """
    waited = 0.0
    while True:
        try:
            return inspect_run(kubeflow, run)
        except ServiceError as error:
            if not error.transient or waited >= OUTAGE_SECONDS:
                raise
            if not waited:
                typer.echo(f"{error.message}; the run continues, waiting for an answer", err=True)
        kubeflow.sleep(POLL_SECONDS)
        waited += POLL_SECONDS


def exit_as(status: InspectedRun) -> None:
    """
    Raises:
        typer.Exit: the run did not succeed; with the exit status of its failure.
    """
    if status.failure:
        show_failure(status.failure)
        raise typer.Exit(exit_code_of(status.failure.type))
    if status.run.state in ("CANCELED", "CANCELING"):
        raise typer.Exit(INTERRUPTED)
    if status.run.state == "SKIPPED":
        raise typer.Exit(KubesplatError.exit_code)


def _show_changes(status: InspectedRun, seen: dict[str, str]) -> None:
    parts = [(each.capture, each.state, each.seconds, each.reason) for each in status.captures]
    parts = parts or [(each.stage, each.state, each.seconds, each.waits_for) for each in status.stages]
    for name, state, seconds, reason in parts:
        if state in ("waiting", "not run") or seen.get(name) == state:
            continue
        seen[name] = state
        time = f", {duration(seconds)}" if state in ("done", "failed") and seconds is not None else ""
        typer.echo(f"{name}: {state}{time}{f': {reason}' if reason else ''}", err=True)


def _show_end(status: InspectedRun, *, as_json: bool) -> None:
    console = Console(highlight=False)
    if as_json:
        typer.echo(json.dumps(status.to_json()))
    elif status.report and status.report.status is RunStatus.SUCCEEDED and status.run.output:
        show_summary(status.report, status.run.output, console)
        console.print(f"\nDownload: kubesplat fetch {status.run.id}", markup=False)
    else:
        show_status(status, console)
