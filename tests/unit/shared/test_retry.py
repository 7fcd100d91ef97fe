import json

import pytest

from components.shared.errors import InputError, StorageError
from components.shared.stage import run_stage
from components.shared.tries import delete_tries


@pytest.fixture(autouse=True)
def a_run(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")


def record_of(folder):
    return json.loads((folder / "stages" / "sfm.json").read_text())


def fail(folder, error):
    with pytest.raises(SystemExit) as ended, run_stage("sfm", output=str(folder)):
        raise error
    return ended.value.code


def succeed(folder):
    with run_stage("sfm", output=str(folder)) as record:
        record.figures = {"registered": 24}
    return record_of(folder)


def test_a_final_failure_is_repeated_at_once(tmp_path, capfd):
    assert fail(tmp_path, InputError("2 photos; at least 3 are needed", remedy="Take more.")) == 3
    before = record_of(tmp_path)
    capfd.readouterr()
    loaded = []
    with pytest.raises(SystemExit) as ended, run_stage("sfm", output=str(tmp_path)):
        loaded.append("the capture")
    assert ended.value.code == 3
    assert loaded == []
    printed = capfd.readouterr().err
    assert "2 photos; at least 3 are needed\nTake more.\n" in printed
    assert "another one cannot help" in printed
    assert "Traceback" not in printed
    assert record_of(tmp_path) == before


def test_another_run_tries_what_failed_for_good(tmp_path, monkeypatch):
    fail(tmp_path, InputError("2 photos", remedy="Take more."))
    monkeypatch.setenv("KUBESPLAT_RUN", "run-2")
    assert (succeed(tmp_path)["failure"], record_of(tmp_path)["retries"]) == (None, 0)


def test_what_can_be_retried_is_and_counted(tmp_path):
    assert fail(tmp_path, StorageError("the store was away", remedy="Run again.")) == 5
    fail(tmp_path, StorageError("the store was away", remedy="Run again."))
    record = succeed(tmp_path)
    assert record["retries"] == 2
    assert record["run"] == "run-1"


def test_a_try_that_was_killed_counts(tmp_path):
    with pytest.raises(GeneratorExit), run_stage("sfm", output=str(tmp_path)):
        raise GeneratorExit  # like SIGKILL: nothing is recorded
    assert not (tmp_path / "stages").exists()
    assert succeed(tmp_path)["retries"] == 1


def test_a_run_that_has_ended_counts_no_further(tmp_path):
    succeed(tmp_path)
    delete_tries(str(tmp_path))
    assert succeed(tmp_path)["retries"] == 0


def test_on_one_machine_nothing_is_counted_and_nothing_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBESPLAT_RUN")
    fail(tmp_path, InputError("2 photos", remedy="Take more."))
    assert succeed(tmp_path)["retries"] == 0
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == [
        "progress.json",
        "stages/sfm.json",
    ]
