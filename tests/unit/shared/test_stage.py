import errno
import json
import os
import pickle
import signal

import pytest

from components.shared.contracts.record import StageRecord
from components.shared.errors import (
    InputError,
    InternalError,
    OutOfMemoryError,
    StorageError,
    TrainingDivergedError,
    as_kubesplat_error,
)
from components.shared.files import atomic_path, write_json
from components.shared.stage import read_records, run_stage
from components.shared.stages import stages_before
from components.shared.storage import open_storage


def record_of(folder, stage):
    return json.loads((folder / "stages" / f"{stage}.json").read_text())


def test_a_good_stage_leaves_its_figures_and_its_cost(tmp_path):
    with run_stage("sfm", output=str(tmp_path)) as record:
        record.figures = {"registered": 24}
        record.settings = {"seed": 7, "max_image_px": None}
        record.versions = {"pycolmap": "4.2.0"}
        sum(range(10**6))
    stored = record_of(tmp_path, "sfm")
    assert stored["settings"] == {"seed": 7, "max_image_px": None}
    assert stored["versions"] == {"pycolmap": "4.2.0"}
    assert stored["figures"] == {"registered": 24}
    assert stored["failure"] is None
    assert 0 < stored["cpu_seconds"] <= stored["seconds"] * 4
    assert stored["peak_memory_bytes"] > 2**20


@pytest.mark.parametrize(
    ("error", "status", "type_"),
    [
        (InputError("2 photos; at least 3 are needed", remedy="Take more."), 3, "InputError"),
        (TrainingDivergedError("NaN at step 7", remedy="Lower the rate."), 4, "TrainingDivergedError"),
        (MemoryError("out"), 5, "OutOfMemoryError"),
        (OSError(errno.ENOSPC, "No space left on device"), 5, "StorageError"),
        (KeyError("x"), 5, "InternalError"),
    ],
)
def test_a_failed_stage_ends_with_the_documented_status_and_record(tmp_path, error, status, type_):
    with pytest.raises(SystemExit) as exit_, run_stage("train", output=str(tmp_path)):
        raise error
    assert exit_.value.code == status
    failure = record_of(tmp_path, "train")["failure"]
    assert failure["type"] == type_
    assert failure["stage"] == "train"
    assert failure["remedy"]


def test_only_infrastructure_is_retryable():
    assert as_kubesplat_error(MemoryError()).retryable
    assert isinstance(as_kubesplat_error(MemoryError()), OutOfMemoryError)
    assert isinstance(as_kubesplat_error(PermissionError(errno.EACCES, "denied", "/x")), StorageError)
    assert isinstance(as_kubesplat_error(ZeroDivisionError()), InternalError)
    assert not InputError("a", remedy="b").retryable


def test_errors_cross_process_boundaries():
    sent = InputError("two photos", remedy="take more")
    sent.figures = {"images": 2}
    error = pickle.loads(pickle.dumps(sent))
    assert (error.message, error.remedy, error.exit_code) == ("two photos", "take more", 3)
    assert error.figures == {"images": 2}


def test_a_record_that_the_disk_cannot_hold_ends_with_the_status_of_infrastructure(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("components.shared.stage.put_json", full)
    with pytest.raises(SystemExit) as exit_, run_stage("sfm", output=str(tmp_path)):
        pass
    assert exit_.value.code == 5


def test_an_output_that_can_be_no_folder_is_the_users(tmp_path):
    (tmp_path / "file").write_text("no folder can be made under a file")
    with pytest.raises(SystemExit) as exit_, run_stage("sfm", output=str(tmp_path / "file" / "out")):
        pass
    assert exit_.value.code == 3


def test_a_failure_outranks_a_record_that_cannot_be_stored(tmp_path):
    (tmp_path / "file").write_text("no folder can be made under a file")
    with pytest.raises(SystemExit) as exit_, run_stage("sfm", output=str(tmp_path / "file" / "out")):
        raise InputError("two photos", remedy="Take more.")
    assert exit_.value.code == 3


def test_termination_removes_what_was_half_written_and_leaves_no_record(tmp_path):
    with pytest.raises(SystemExit) as exit_:
        _end_while_writing(tmp_path)
    assert exit_.value.code == 128 + signal.SIGTERM
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


def _end_while_writing(folder):
    with run_stage("train", output=str(folder)), atomic_path(folder / "scene.ply") as temporary:
        temporary.write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)


def test_what_was_measured_before_a_failure_is_recorded(tmp_path):
    error = InputError("two photos", remedy="Take more.")
    error.figures = {"images": 2}
    with pytest.raises(SystemExit), run_stage("ingest", output=str(tmp_path)):
        raise error
    assert record_of(tmp_path, "ingest")["figures"] == {"images": 2}


def put_record(output, stage, seconds):
    run = os.environ.get("KUBESPLAT_RUN")
    record = StageRecord(stage=stage, run=run, seconds=seconds, peak_memory_bytes=1_000_000)
    write_json(output / "stages" / f"{stage}.json", record.to_json())


def test_records_of_earlier_stages_are_read_in_their_order(tmp_path):
    put_record(tmp_path, "train", seconds=2.0)
    put_record(tmp_path, "ingest", seconds=1.0)
    put_record(tmp_path, "evaluate", seconds=3.0)
    assert [
        record.seconds
        for record in read_records(open_storage(str(tmp_path)), stages_before("evaluate")).values()
    ] == [1.0, 2.0]


def test_records_of_an_earlier_run_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "earlier")
    put_record(tmp_path, "ingest", seconds=1.0)
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    put_record(tmp_path, "train", seconds=2.0)
    assert [
        record.stage
        for record in read_records(open_storage(str(tmp_path)), stages_before("evaluate")).values()
    ] == ["train"]
