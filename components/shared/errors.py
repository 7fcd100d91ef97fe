"""Failures as types. Each names what was wrong, the value, the limit and the remedy.

The exit status is the contract with Kubernetes' retry policy and with shells:
3 bad capture, 4 gate not met, 5 infrastructure. Only 5 is worth a second pod.
"""

from __future__ import annotations

import errno
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


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
    """Base of all failures a user can read. `remedy` says what to do next, in plain words."""

    exit_code: ClassVar[int] = 5
    retryable: ClassVar[bool] = False
    """Whether the same command can succeed later."""
    most_tries: ClassVar[int | None] = None
    """After so many tries of a stage it ends its run; None: as many as the task's settings allow."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.is_final = not self.retryable
        """Whether another try within the same run is pointless."""
        self.figures: dict[str, Any] = {}
        """What was measured before it failed: the stage's part of `report.json`."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments are lost by the default; stages cross process boundaries.
        return _rebuild, (type(self), self.message, self.remedy), {"figures": self.figures}

    def count_tries(self, tries: int) -> None:
        """Become final if this was the last of `tries` that are worth it."""
        self.is_final = self.is_final or (self.most_tries is not None and tries >= self.most_tries)

    def to_failure(self, stage: str) -> Failure:
        return Failure(type(self).__name__, stage, self.message, self.remedy, self.retryable)


def _rebuild(cls: type[KubesplatError], message: str, remedy: str) -> KubesplatError:
    return cls(message, remedy=remedy)


class InputError(KubesplatError):
    """The capture holds nothing usable, cannot be read, or is an unsafe archive."""

    exit_code = 3


class ReconstructionError(KubesplatError):
    """Structure from motion did not meet its gates."""

    exit_code = 4


class QualityGateError(KubesplatError):
    """What would be delivered is worse than the gate allows."""

    exit_code = 4


class TrainingDivergedError(KubesplatError):
    """NaN, collapse, or training that learns nothing ("dummy training")."""

    exit_code = 4


class OutOfMemoryError(KubesplatError):
    """Host or GPU memory ran out; a retry resumes with a smaller Gaussian budget."""

    retryable = True


class GpuError(KubesplatError):
    """There is a GPU, and training cannot use it."""


class GpuMissingError(KubesplatError):
    """A GPU was asked for, and the container does not see it. The next pod may land on a healthy node."""

    retryable = True
    most_tries = 3


class TrainingInterruptedError(KubesplatError):
    """Training was asked to end (SIGTERM) and saved its work; a retry goes on from there."""

    retryable = True


class StorageError(KubesplatError):
    """A file or object could not be read or written."""

    retryable = True


class StageLostError(KubesplatError):
    """A stage ended without a word: killed, out of memory, or its machine is gone."""

    retryable = True


class RunCancelledError(KubesplatError):
    """Somebody ended the run; the same command goes on behind the stages that are done."""

    retryable = True


class TriesExhaustedError(KubesplatError):
    """All stages together were begun as often as one run may."""

    retryable = True
    most_tries = 1


class InternalError(KubesplatError):
    """An unexpected exception: a fault of this program, not of the capture."""


def exit_code_of(type_name: str) -> int:
    """The exit status that belongs to a failure's type; unknown types are infrastructure."""
    types = {error.__name__: error.exit_code for error in KubesplatError.__subclasses__()}
    return types.get(type_name, KubesplatError.exit_code)


def as_kubesplat_error(error: BaseException) -> KubesplatError:
    """Give any exception a type of ours, so that every failure has a cause and a remedy."""
    if isinstance(error, KubesplatError):
        return error
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return OutOfMemoryError(
            f"memory ran out: {error}",
            remedy="Run again: it resumes with fewer Gaussians. Or lower --max-gaussians.",
        )
    if isinstance(error, OSError):
        return _from_os_error(error)
    return InternalError(
        f"{type(error).__name__}: {error}",
        remedy="This is a fault of kubesplat. Run again with --debug and report the traceback.",
    )


def _from_os_error(error: OSError) -> KubesplatError:
    if error.errno == errno.EPIPE:
        return StageLostError(
            "the process or connection that this one writes to has ended (broken pipe)",
            remedy="Run again. If it stays, see in the log which one ended, and why.",
        )
    path = error.filename2 or error.filename  # of a copy, the target is what the user chose
    where = f" ({path})" if path else ""
    remedies = {
        errno.ENOSPC: "Free disk space, or choose an output folder on a larger disk.",
        errno.EDQUOT: "Free disk space, or ask for a larger quota.",
        errno.EACCES: "Choose a folder you may write to, or change its permissions.",
        errno.EPERM: "Choose a folder you may write to, or change its permissions.",
        errno.EROFS: "Choose a folder on a writable file system.",
    }
    remedy = remedies.get(error.errno or 0, "Check the path and the disk, then run again.")
    return StorageError(f"{error.strerror or error}{where}", remedy=remedy)
