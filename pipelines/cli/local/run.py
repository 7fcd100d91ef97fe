"""Run the pipeline on this machine: checks, progress display, summary."""

from __future__ import annotations

import signal
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import typer
from rich.console import Console

from components.shared.contracts.forecast import Forecast
from components.shared.contracts.report import Report
from components.shared.errors import KubesplatError
from components.shared.processes import on_signals
from components.shared.run_layout import RUN_LOG
from components.shared.storage import is_s3, local_path, open_storage
from components.shared.stored_forecast import read_forecast
from pipelines.cli.check_job import check_apart, check_artifacts, check_capture, check_output, resolve
from pipelines.cli.display.run_progress import open_display
from pipelines.cli.display.summary import show_notes, show_summary
from pipelines.cli.failure import INTERRUPTED, exit_on_failed_run
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.photos_to_sog.run_local import LocalJob, run_local


def run_and_report(
    capture: str,
    output: str,
    settings: GivenSettings,
    *,
    artifacts: str | None = None,
    work: Path | None = None,
    debug: bool = False,
) -> None:
    """Run the pipeline, show its progress and its summary.

    Raises:
        typer.Exit: the run failed or was interrupted; the reason was shown.
    """
    check_capture(capture)
    check_artifacts(artifacts)
    parameters = settings.parameters()
    check_output(output, capture)
    if work is not None:
        check_apart(str(work), capture, "--work")
    arguments = {"capture": resolve(capture), "output": resolve(output), **parameters}
    job = LocalJob(arguments=arguments, work=work, artifacts=artifacts)
    report = _run_with_display(job)
    if report.failure:
        show_notes(report, Console(stderr=True, highlight=False))
        log = None if is_s3(output) else local_path(output) / RUN_LOG
        exit_on_failed_run(report.failure, log, note=report.earlier_scene_note, debug=debug)
    show_summary(report, output, Console(highlight=False))


def _run_with_display(job: LocalJob) -> Report:
    try:
        console, expected = Console(highlight=False), partial(_read_forecast, job.output)
        with interrupt_on_signals(), open_display(console, expected) as display:
            report = run_local(job, display.show)
            if report.failure:
                display.fail(report.failure.stage)
            return report
    except KeyboardInterrupt:
        typer.echo("\nStopped, without a scene. The same command resumes the run.", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _read_forecast(output: str) -> Forecast | None:
    """None also if the store fails: the stages then say so."""
    try:
        return read_forecast(open_storage(output))
    except KubesplatError:
        return None


def interrupt_on_signals() -> AbstractContextManager[None]:
    """Handle SIGTERM and SIGHUP like Ctrl-C during the block: they also end every stage and clean up."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    return on_signals((signal.SIGTERM, signal.SIGHUP), interrupt)
