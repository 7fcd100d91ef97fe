"""Failures as one readable block on stderr, and the documented exit status."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from components.shared.errors import as_kubesplat_error, exit_code_of
from pipelines.cli.closed_pipe import STDOUT, reader_is_gone

WRONG_USAGE = 2
INTERRUPTED = 130

_TITLES = {
    "InputError": "The input cannot be used",
    "ReconstructionError": "The photos do not fit together",
    "QualityGateError": "The result is not good enough",
    "TrainingDivergedError": "Training went wrong",
    "OutOfMemoryError": "Memory ran out",
    "GpuError": "The GPU cannot be used",
    "GpuMissingError": "The GPU is missing",
    "StorageError": "A file could not be read or written",
    "StageLostError": "The run was cut off",
    "RunCancelledError": "The run was cancelled",
    "TriesExhaustedError": "The run was tried too often",
    "SignInError": "Kubeflow does not know you",
    "NotAllowedError": "Kubeflow does not allow this",
    "NotThereError": "It is not there",
    "RejectedError": "This cannot be done",
    "BusyError": "Kubeflow is too busy",
    "ServerFaultError": "Kubeflow failed",
    "UnreachableError": "Kubeflow cannot be reached",
    "UncertainError": "Nobody knows whether it was done",
    "InternalError": "Something broke inside kubesplat",
}
_DEBUG_LOG_LINES = 80


@contextmanager
def readable_failures(debug: bool) -> Iterator[None]:
    """Turn every exception of a command into a block and its exit status."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except KeyboardInterrupt:
        typer.echo("\nStopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as exception:
        if isinstance(exception, BrokenPipeError) and reader_is_gone(STDOUT):
            raise
        if debug:
            traceback.print_exc()
        error = as_kubesplat_error(exception)
        show_failure(error.to_failure("").to_json())
        raise typer.Exit(error.exit_code) from None


def fail_with_report(report: dict[str, Any], log: Path | None, *, debug: bool) -> None:
    """End the command as the failed run's report says."""
    failure = report["failure"]
    if debug and log is not None and log.exists():
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_DEBUG_LOG_LINES:]
        typer.echo("\n".join(tail), err=True)
    show_failure(failure, log=log)
    raise typer.Exit(exit_code_of(failure["type"]))


def show_failure(failure: dict[str, Any], *, log: Path | None = None) -> None:
    """What was wrong, with its value and limit; what to do; where the details are."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    title = _TITLES.get(failure["type"], failure["type"])
    if failure["stage"]:
        title += f" ({failure['stage']})"
    lines = [
        Text.assemble(("✗ ", "bold red"), (title, "bold")),
        Text(failure["message"]),
        Text.assemble(("What to do: ", "bold"), failure["remedy"]),
    ]
    if log is not None and log.exists():
        lines.append(Text(f"Log: {log}", style="dim"))
    console.print()
    for line in lines:
        console.print(line, soft_wrap=not console.is_terminal)


def wrong_usage(message: str, option: str) -> typer.BadParameter:
    """For what the command line itself refuses: status 2, with the command's usage."""
    return typer.BadParameter(message, param_hint=f"'{option}'")
