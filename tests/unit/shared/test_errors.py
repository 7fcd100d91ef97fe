import errno
import os

import pytest

from components.shared import errors
from components.shared.errors import (
    GpuMissingError,
    InputError,
    KubesplatError,
    StorageError,
    as_kubesplat_error,
)

STATUS = {
    "InputError": (3, False),
    "ReconstructionError": (4, False),
    "QualityGateError": (4, False),
    "BudgetError": (4, False),
    "TrainingDivergedError": (4, False),
    "OutOfMemoryError": (5, True),
    "GpuError": (5, False),
    "GpuMissingError": (5, True),
    "TrainingInterruptedError": (5, True),
    "StorageError": (5, True),
    "StageLostError": (5, True),
    "RunCancelledError": (5, True),
    "TriesExhaustedError": (5, True),
    "InternalError": (5, False),
}


def test_every_failure_has_its_documented_status():
    types = {
        name: (each.exit_code, each.retryable)
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, KubesplatError) and each is not KubesplatError
    }
    assert types == STATUS


def test_a_failure_as_the_report_has_it():
    failure = InputError("2 photos; at least 3 are needed", remedy="Take more.").to_failure("ingest")
    assert failure.to_json() == {
        "type": "InputError",
        "stage": "ingest",
        "message": "2 photos; at least 3 are needed",
        "remedy": "Take more.",
        "retryable": False,
    }


def test_some_failures_end_their_run_though_a_later_run_can_succeed():
    error = GpuMissingError("this task asked for 1 GPU", remedy="Cordon the node.")
    finals = []
    for tries in (1, 2, 3):
        error.count_tries(tries)
        finals.append(error.is_final)
    assert (finals, error.retryable) == ([False, False, True], True)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "Free disk space"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "you may write to"),
        (errno.EROFS, "writable file system"),
        (errno.EIO, "Check the disk"),
    ],
)
def test_what_the_disk_says_becomes_a_remedy(code, remedy):
    error = as_kubesplat_error(OSError(code, os.strerror(code), "/out/scene.sog"))
    assert isinstance(error, StorageError)
    assert error.message == f"{os.strerror(code)} (/out/scene.sog)"
    assert remedy in error.remedy


def test_a_broken_pipe_is_no_fault_of_a_disk():
    error = as_kubesplat_error(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))
    assert (type(error).__name__, error.retryable) == ("StageLostError", True)
    assert "disk" not in error.message + error.remedy


def test_a_copy_names_its_target():
    error = as_kubesplat_error(OSError(errno.EACCES, "Permission denied", "/in", None, "/out"))
    assert error.message == "Permission denied (/out)"


def test_memory_that_ran_out_may_be_tried_again():
    class OutOfMemoryError(RuntimeError):
        """As torch has it."""

    for error in (MemoryError("host"), OutOfMemoryError("CUDA out of memory")):
        assert as_kubesplat_error(error).retryable


def test_our_own_errors_pass_as_they_are():
    error = InputError("x", remedy="y")
    assert as_kubesplat_error(error) is error


def test_anything_else_is_a_fault_of_this_program():
    error = as_kubesplat_error(KeyError("name"))
    assert (type(error).__name__, error.message) == ("InternalError", "KeyError: 'name'")
    assert "--debug" in error.remedy


def test_a_failure_becomes_the_error_that_it_describes():
    for type_ in (errors.ReconstructionError, errors.StorageError):
        error = errors.error_from(type_("lost", remedy="again").to_failure("sfm"))
        assert (type(error), error.message, error.remedy) == (type_, "lost", "again")


def test_a_failure_of_an_unknown_type_becomes_an_internal_error():
    error = errors.error_from(errors.Failure("OldError", "sfm", "lost", "again", True))
    assert (type(error), error.message) == (errors.InternalError, "lost")
