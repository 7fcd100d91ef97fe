"""Error types. Each message names the cause, the value and the limit; `remedy` says what to do.

Exit statuses, for shells and for the retry policy of Kubernetes: 3 unusable capture, 4 gate not met,
5 infrastructure. Only after 5 can a retry succeed.

Whoever reads a file turns the errors of its decoder into an `InputError` with the file's name. What no reader
has turned is turned by `as_kubesplat_error`: an OSError is a failure of storage only if its `errno` says so,
and what is unknown is never retryable.
"""

from __future__ import annotations

import errno
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from components.shared.foreign_errors import (
    PATH_REMEDIES,
    STORAGE_REMEDIES,
    is_of_decoder,
    is_of_network,
    is_out_of_memory,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """The `failure` object of `report.json`."""

    type: str
    stage: str
    message: str
    remedy: str
    retryable: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class KubesplatError(Exception):
    """Base of all errors that are reported to users."""

    exit_code: ClassVar[int] = 5
    retryable: ClassVar[bool] = False
    """Whether the same command can succeed later."""
    most_tries: ClassVar[int | None] = None
    """Limit of the tries of a stage within one run; None: the limit of the task's settings."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.is_final = not self.retryable
        """Whether another try within the same run cannot succeed."""
        self.figures: dict[str, Any] = {}
        """Figures measured before the failure: the stage's part of `report.json`."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The default drops keyword-only arguments, and errors are passed between processes.
        return _rebuild, (type(self), self.message, self.remedy), {"figures": self.figures}

    def count_tries(self, tries: int) -> None:
        """Make the error final if `tries`, the failed one included, reach `most_tries`."""
        self.is_final = self.is_final or (self.most_tries is not None and tries >= self.most_tries)

    def to_failure(self, stage: str) -> Failure:
        return Failure(type(self).__name__, stage, self.message, self.remedy, self.retryable)


def _rebuild(cls: type[KubesplatError], message: str, remedy: str) -> KubesplatError:
    return cls(message, remedy=remedy)


class InputError(KubesplatError):
    """What was given cannot be used: a file is damaged, missing or unsafe, or a path is wrong."""

    exit_code = 3


class ReconstructionError(KubesplatError):
    """The result of structure from motion does not meet a gate."""

    exit_code = 4


class QualityGateError(KubesplatError):
    """The compressed scene does not meet a quality gate."""

    exit_code = 4


class BudgetError(KubesplatError):
    """A run is expected to cost more than it may."""

    exit_code = 4


class TrainingDivergedError(KubesplatError):
    """Training produced NaN, lost its Gaussians, or did not improve on its initial state."""

    exit_code = 4


class OutOfMemoryError(KubesplatError):
    """Host or GPU memory ran out; a retry resumes with a smaller Gaussian budget."""

    retryable = True


class GpuError(KubesplatError):
    """The container has a GPU that the software in it cannot use."""


class GpuMissingError(KubesplatError):
    """The task requests a GPU that the container does not have. The next pod may run on another node."""

    retryable = True
    most_tries = 3


class TrainingInterruptedError(KubesplatError):
    """Training received SIGTERM and saved a checkpoint; a retry resumes from it."""

    retryable = True


class StorageError(KubesplatError):
    """A file or object could not be read or written."""

    retryable = True


class StageLostError(KubesplatError):
    """A stage ended without a record: killed, out of memory, or its machine is gone."""

    retryable = True


class RunCancelledError(KubesplatError):
    """The run was cancelled; the same command resumes after the finished stages."""

    retryable = True


class TriesExhaustedError(KubesplatError):
    """All stages of a run together have had as many tries as a run may have."""

    retryable = True
    most_tries = 1


class InternalError(KubesplatError):
    """An unexpected exception: a defect of this program, not of the capture."""


def exit_code_of(type_name: str) -> int:
    """Exit status of an error type, by name; that of infrastructure for unknown names."""
    return _types().get(type_name, KubesplatError).exit_code


def error_from(failure: Failure) -> KubesplatError:
    """The exception that `to_failure` described; an InternalError where the type is unknown."""
    return _types().get(failure.type, InternalError)(failure.message, remedy=failure.remedy)


def _types() -> dict[str, type[KubesplatError]]:
    """Error types by name, with those that are kinds of a StorageError."""
    kinds: tuple[type[KubesplatError], ...] = (KubesplatError, StorageError)
    return {each.__name__: each for kind in kinds for each in kind.__subclasses__()}


def as_kubesplat_error(error: BaseException) -> KubesplatError:
    """The `KubesplatError` for any exception, so that every failure has a type and a remedy."""
    if isinstance(error, KubesplatError):
        return error
    if is_out_of_memory(error):
        return OutOfMemoryError(
            f"memory ran out: {error}".removesuffix(": "),
            remedy="Give it more memory, or less to do: fewer or smaller photos, or --max-gaussians.",
        )
    if is_of_network(error) and not isinstance(error, BrokenPipeError):
        return StorageError(
            f"a connection failed: {error}".removesuffix(": "),
            remedy="Check the network, and that the service runs; then run again.",
        )
    if is_of_decoder(error):
        return InputError(
            f"a file is damaged, or of another kind than its name says: {error}",
            remedy="Copy the files again completely. The traceback, with --debug, tells which file it is.",
        )
    if isinstance(error, OSError) and (known := _from_os_error(error)):
        return known
    return InternalError(
        f"{type(error).__name__}: {error}",
        remedy="This is a defect of kubesplat. Run again with --debug and report the traceback.",
    )


def says_nothing_of_data(error: BaseException) -> bool:
    """Whether storage, the network or memory failed while a decoder read a file, which may be good.

    Pillow raises an OSError without `errno` for damaged photos, and one with EINVAL where their header names
    an impossible position.
    """
    return as_kubesplat_error(error).retryable


def _from_os_error(error: OSError) -> KubesplatError | None:
    code = error.errno or 0
    if code == errno.EPIPE:
        return StageLostError(
            "the process or connection that this one writes to has ended (broken pipe)",
            remedy="Run again. If it fails again, look in the log for the process that ended.",
        )
    path = error.filename2 or error.filename  # of a copy, the user chose the target
    message = f"{error.strerror or error}" + (f" ({path})" if path else "")
    if code in STORAGE_REMEDIES:
        return StorageError(message, remedy=STORAGE_REMEDIES[code])
    return InputError(message, remedy=PATH_REMEDIES[code]) if code in PATH_REMEDIES else None
