import json

import pytest

from components.shared.before_stage import before_stage
from components.shared.errors import InputError, StorageError
from components.shared.stage import run_stage


@pytest.fixture(autouse=True)
def a_run(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")


def files_in(folder):
    return {str(path.relative_to(folder)): json.loads(path.read_text()) for path in folder.rglob("*.json")}


def test_a_success_leaves_no_record_and_no_try_of_the_stage(tmp_path):
    with before_stage("ingest", "list-capture", output=str(tmp_path)):
        pass
    tries = {"run": "run-1", "stage": "list-capture", "tries": 1}
    assert files_in(tmp_path) == {".kubesplat/tries/list-capture.json": tries}
    with run_stage("ingest", output=str(tmp_path)):
        pass
    assert files_in(tmp_path)["stages/ingest.json"]["retries"] == 0


def test_a_failure_is_recorded_as_the_stages_and_repeated_at_once(tmp_path, capfd):
    with (
        pytest.raises(SystemExit) as ended,
        before_stage("ingest", "list-capture", output=str(tmp_path)),
    ):
        raise InputError("s3://a/b: there is no such object", remedy="Check the address.")
    assert ended.value.code == 3
    record = files_in(tmp_path)["stages/ingest.json"]
    assert (record["stage"], record["run"], record["figures"]) == ("ingest", "run-1", {})
    assert record["failure"]["stage"] == "ingest"
    assert record["failure"]["message"] == "s3://a/b: there is no such object"
    done = []
    with (
        pytest.raises(SystemExit) as ended,
        before_stage("ingest", "list-capture", output=str(tmp_path)),
    ):
        done.append("listed")
    assert (ended.value.code, done) == (3, [])
    assert "another one cannot help" in capfd.readouterr().err


def test_after_a_failure_of_infrastructure_another_try_runs(tmp_path):
    with pytest.raises(SystemExit), before_stage("ingest", "list-capture", output=str(tmp_path)):
        raise StorageError("the store was away", remedy="Run again.")
    with before_stage("ingest", "list-capture", output=str(tmp_path)):
        pass
    assert files_in(tmp_path)[".kubesplat/tries/list-capture.json"]["tries"] == 2
