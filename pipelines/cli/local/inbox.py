"""A pass over an inbox on this machine, with plain progress lines and a summary."""

from __future__ import annotations

from pathlib import Path

import typer

from components.shared.default_output import choose_output
from components.shared.errors import Failure, exit_code_of
from components.shared.progress import ProgressEvent
from pipelines.cli.check_job import check_capture, check_output, check_output_address, resolve
from pipelines.cli.failure import INTERRUPTED, show_failure
from pipelines.cli.local.run import interrupt_on_signals
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.inbox_to_sogs.plan import INBOX_SUFFIX
from pipelines.inbox_to_sogs.run_local import PIPELINE, run_inbox
from pipelines.inbox_to_sogs.sum_up import Summary
from pipelines.photos_to_sog.run_local import LocalJob


def run_pass(captures: str, output: str, settings: GivenSettings, work: Path | None) -> None:
    """Run `inbox_to_sogs` over the inbox `captures`.

    Raises:
        typer.Exit: a capture failed, or the pass was interrupted; the reason was shown.
    """
    check_capture(captures)
    if output:
        check_output_address(output, "--output")
    parameters = settings.parameters()
    inbox = resolve(captures)
    output = resolve(choose_output(output, inbox, suffix=INBOX_SUFFIX))
    check_output(output, inbox)
    job = LocalJob(arguments={**parameters, "inbox": inbox, "output": output}, work=work, pipeline=PIPELINE)
    try:
        with interrupt_on_signals():
            summary = run_inbox(job, _show)
    except KeyboardInterrupt:
        typer.echo("\nStopped. The same command starts the unfinished captures again.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _show_summary(summary)
    failures = [summary["failure"]] if summary["failure"] else [each["failure"] for each in summary["failed"]]
    if failures:
        raise typer.Exit(max(exit_code_of(failure["type"]) for failure in failures))


def _show(event: ProgressEvent) -> None:
    """Print the captures of the inbox, and each stage when it starts."""
    if event["stage"] == "inbox" and event["note"]:
        typer.echo(f"{event['phase']} to process: {event['note']}")
    elif event["stage"] != "inbox" and event["phase"] == "start":
        typer.echo(f"  {event['stage']}")


def _show_summary(summary: Summary) -> None:
    if summary["failure"]:
        show_failure(Failure(**summary["failure"]))
        return
    for each in summary["processed"]:
        typer.echo(f"✓ {each['title']}: {each['output']}")
    for each in summary["skipped"]:
        typer.echo(f"- {each['title']}: {each['reason']}")
    for each in summary["failed"]:
        failure = each["failure"]
        typer.echo(f"✗ {each['title']}: {failure['message']}\n  What to do: {failure['remedy']}", err=True)
    if summary["loose"]:
        names = ", ".join(summary["loose"][:5])
        typer.echo(f"Not in a capture: {names}. Put the photos of each capture into a folder.", err=True)
