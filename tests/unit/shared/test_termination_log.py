"""A failure as Kubernetes and Argo's retry expression read it."""

import pytest

from components.shared import termination_log
from components.shared.errors import GpuMissingError, InputError, StorageError
from components.shared.stage import run_stage
from components.shared.termination_log import FINAL_MARK, write_termination_log


@pytest.fixture
def log(tmp_path, monkeypatch):
    path = tmp_path / "termination-log"
    path.touch()
    monkeypatch.setattr(termination_log, "_PATH", path)
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    return path


def fail(folder, error):
    with pytest.raises(SystemExit), run_stage("sfm", output=str(folder / "out")):
        raise error


def test_a_final_failure_is_marked(log, tmp_path):
    fail(tmp_path, InputError("2 photos;\nat least 3 are needed", remedy="Take more."))
    assert log.read_text() == "kubesplat: final: InputError: 2 photos; at least 3 are needed"


def test_one_that_another_pod_can_mend_is_not(log, tmp_path):
    fail(tmp_path, StorageError("the store was away", remedy="Run again."))
    assert log.read_text() == "kubesplat: StorageError: the store was away"


def test_one_that_was_mended_often_enough_is(log, tmp_path):
    said = []
    for _ in range(3):
        fail(tmp_path, GpuMissingError("no GPU", remedy="Cordon the node."))
        said.append(FINAL_MARK in log.read_text())
    assert said == [False, False, True]


def test_a_failure_that_is_repeated_is_final_again(log, tmp_path):
    fail(tmp_path, InputError("2 photos", remedy="Take more."))
    log.write_text("")
    with pytest.raises(SystemExit), run_stage("sfm", output=str(tmp_path / "out")):
        pass
    assert log.read_text() == "kubesplat: final: InputError: 2 photos"


def test_an_exception_of_others_is_told_by_its_type(log, tmp_path):
    fail(tmp_path, KeyError("x"))
    assert log.read_text() == "kubesplat: final: InternalError: KeyError: 'x'"


def test_kubernetes_keeps_so_much_and_no_more(log):
    write_termination_log("InputError", "é" * 5000, final=True)
    assert len(log.read_bytes()) == 1024


def test_outside_of_a_pod_nothing_is_written(log, tmp_path, monkeypatch):
    monkeypatch.delenv("KUBESPLAT_RUN")
    fail(tmp_path, InputError("2 photos", remedy="Take more."))
    assert log.read_text() == ""


def test_a_log_that_cannot_be_written_does_not_hide_the_failure(tmp_path, log, monkeypatch):
    monkeypatch.setattr(termination_log, "_PATH", tmp_path)  # a folder
    with pytest.raises(SystemExit) as ended, run_stage("sfm", output=str(tmp_path / "out")):
        raise InputError("2 photos", remedy="Take more.")
    assert ended.value.code == 3
    assert log.read_text() == ""


def test_where_there_is_no_log_none_is_made(log, tmp_path):
    log.unlink()
    fail(tmp_path, InputError("2 photos", remedy="Take more."))
    assert not log.exists()
