"""The state of the run that writes to an output, from the files there: no cluster is asked."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import typer
from rich.console import Console

from components.shared.contracts.progress import RunProgress
from components.shared.contracts.report import Report
from components.shared.errors import InputError, exit_code_of
from components.shared.run_layout import PROGRESS_JSON, REPORT_JSON
from components.shared.share_progress import read_progress
from components.shared.storage import get_json, is_s3, open_storage
from pipelines.cli.display.follower import open_follower, render_state
from pipelines.cli.display.status import show_captures
from pipelines.cli.display.summary import show_summary
from pipelines.cli.failure import INTERRUPTED, show_failure
from pipelines.client.status.inbox_output import read_inbox_output
from pipelines.client.status.inbox_pass import CaptureStatus
from pipelines.inbox_to_sogs.settings import InboxSettings

INBOX_STAGE = InboxSettings.stage
"""The only stage of an output whose captures have outputs of their own."""
POLL_SECONDS = 1.0
POLL_S3_SECONDS = 5.0


def show_output(output: str, *, as_json: bool) -> None:
    """Print the present state of the run, or of the captures of an inbox.

    Raises:
        InputError: no run has written there.
    """
    progress = read_progress(open_storage(output))
    if progress is None or INBOX_STAGE in progress.stages:
        captures = read_inbox_output(output)
        if captures:
            _show_captures(captures, as_json=as_json)
            return
    if progress is None:
        raise InputError(
            f"{output} has no {PROGRESS_JSON}",
            remedy="Give the --output of a run or of an inbox, which its first stage begins to fill, or the "
            "id of a run on a cluster.",
        )
    if as_json:
        typer.echo(json.dumps(progress.to_json()))
        return
    Console(highlight=False).print(render_state(progress, datetime.now(UTC)))
    if progress.failure:
        show_failure(progress.failure)


def _show_captures(captures: list[CaptureStatus], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([each.to_json() for each in captures]))
        return
    show_captures(captures, Console(highlight=False))


def follow_output(output: str, *, as_json: bool) -> None:
    """Show the run's progress until it ends, then its summary; exit with its status.

    Raises:
        typer.Exit: the run failed.
    """
    try:
        progress = _until_its_end(output)
    except KeyboardInterrupt:
        typer.echo(f"\nThe run continues. Follow it: kubesplat status {output} --follow", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        typer.echo(json.dumps(progress.to_json()))
    elif not progress.failure:
        report = Report.model_validate(get_json(open_storage(output), REPORT_JSON))
        show_summary(report, output, Console(highlight=False))
    if progress.failure:
        show_failure(progress.failure)
        raise typer.Exit(exit_code_of(progress.failure.type))


def _until_its_end(output: str) -> RunProgress:
    storage, told = open_storage(output), False
    with open_follower(Console(stderr=True, highlight=False)) as follower:
        while True:
            progress = read_progress(storage)
            if progress and progress.status != "running":
                return progress
            if progress:
                follower.show(progress)
            elif not told:
                typer.echo(f"Waiting for the first stage of a run to {output}", err=True)
                told = True
            time.sleep(POLL_S3_SECONDS if is_s3(output) else POLL_SECONDS)
