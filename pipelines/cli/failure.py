"""Failures as one readable block on stderr, and the documented exit status."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from components.shared.errors import Failure, as_kubesplat_error, exit_code_of
from pipelines.cli.closed_pipe import STDOUT, reader_is_closed

INTERRUPTED = 130

_TITLES = {
    "InputError": "The input cannot be used",
    "ReconstructionError": "The photos do not fit together",
    "QualityGateError": "The result is not good enough",
    "BudgetError": "The budget is too small",
    "TrainingDivergedError": "Training diverged",
    "OutOfMemoryError": "Memory ran out",
    "GpuError": "The GPU cannot be used",
    "GpuMissingError": "The GPU is missing",
    "StorageError": "A file could not be read or written",
    "NotFoundError": "A file is missing",
    "WrongPathError": "The path cannot be used",
    "PipelineRootError": "Kubeflow's pipeline root cannot be used",
    "StageLostError": "The run was interrupted",
    "RunCancelledError": "The run was cancelled",
    "TriesExhaustedError": "The run was tried too often",
    "SignInError": "The sign-in to Kubeflow failed",
    "PermissionDeniedError": "Kubeflow denied the permission",
    "ResourceNotFoundError": "Kubeflow has no such object",
    "RejectedError": "Kubeflow cannot accept this",
    "RateLimitError": "Kubeflow is overloaded",
    "ServerError": "Kubeflow failed",
    "UnreachableError": "Kubeflow cannot be reached",
    "UnknownOutcomeError": "The outcome is unknown",
    "InternalError": "Internal error in kubesplat",
}
_DEBUG_LOG_LINES = 80


@contextmanager
def readable_failures(debug: bool) -> Iterator[None]:
    """Print every exception of a command as a readable block, and exit with its status."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except KeyboardInterrupt:
        typer.echo("\nStopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as exception:
        if isinstance(exception, BrokenPipeError) and reader_is_closed(STDOUT):
            raise
        if debug:
            traceback.print_exc()
        error = as_kubesplat_error(exception)
        show_failure(error.to_failure(""))
        raise typer.Exit(error.exit_code) from None


def exit_on_failed_run(failure: Failure, log: Path | None, *, note: str, debug: bool) -> None:
    """Print the failure of a run on this machine and a note, and exit with its status.

    debug: also print the end of the log.
    """
    if debug and log is not None and log.exists():
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_DEBUG_LOG_LINES:]
        typer.echo("\n".join(tail), err=True)
    show_failure(failure, log=log, note=note)
    raise typer.Exit(exit_code_of(failure.type))


def show_failure(failure: Failure, *, log: Path | None = None, note: str = "") -> None:
    """Print the cause with its value and limit, the remedy, a note, and the path of the log."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    title = _TITLES.get(failure.type, failure.type)
    if failure.stage:
        title += f" ({failure.stage})"
    lines = [
        Text.assemble(("✗ ", "bold red"), (title, "bold")),
        Text(failure.message),
        Text.assemble(("What to do: ", "bold"), failure.remedy),
    ]
    if note:
        lines.append(Text(note))
    if log is not None and log.exists():
        lines.append(Text(f"Log: {log}", style="dim"))
    console.print()
    for line in lines:
        console.print(line, soft_wrap=not console.is_terminal)


def wrong_usage(message: str, option: str) -> typer.BadParameter:
    """The error for a wrong argument or option: exit status 2, with the command's usage."""
    return typer.BadParameter(message, param_hint=f"'{option}'")
