"""Tries of a run: their time, killed ones included, and a bound on all of them."""

import json
import signal
import subprocess
import sys
import time

import pytest

from components.shared import tries
from components.shared.errors import StorageError
from components.shared.stage import run_stage
from components.shared.storage import open_storage
from components.shared.tries import read_tries


@pytest.fixture(autouse=True)
def a_run(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")


def record_of(folder, stage="sfm"):
    return json.loads((folder / "stages" / f"{stage}.json").read_text())


def end_early(folder, stage="sfm", seconds=0.0):
    """A try that leaves no record, as SIGTERM ends one."""
    with pytest.raises(GeneratorExit):
        _work(folder, stage, seconds, GeneratorExit())


def fail(folder, stage="sfm", seconds=0.0):
    with pytest.raises(SystemExit):
        _work(folder, stage, seconds, StorageError("the store was away", remedy="Again."))


def _work(folder, stage, seconds, error):
    with run_stage(stage, output=str(folder)):
        time.sleep(seconds)
        raise error


def tries_of(folder):
    return read_tries(open_storage(str(folder)))


def test_time_is_that_of_all_tries(tmp_path):
    end_early(tmp_path, seconds=0.2)
    fail(tmp_path, seconds=0.2)
    assert record_of(tmp_path)["seconds"] >= 0.4
    with run_stage("sfm", output=str(tmp_path)):
        time.sleep(0.2)
    record = record_of(tmp_path)
    assert 0.6 <= record["seconds"] < 5.0
    assert record["retries"] == 2


def test_a_try_under_way_stores_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(tries, "HEARTBEAT_SECONDS", 0.05)
    with run_stage("sfm", output=str(tmp_path)):
        deadline = time.monotonic() + 10
        while tries_of(tmp_path)["sfm"].seconds < 0.05:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not (tmp_path / "stages").exists()


KILLED = """
import os, signal, sys, time
from components.shared import tries
from components.shared.stage import run_stage
tries.HEARTBEAT_SECONDS = 0.1
with run_stage("sfm", output=sys.argv[1]):
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_try_counts_up_to_its_last_heartbeat(tmp_path):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    own = tries_of(tmp_path)["sfm"]
    assert own.count == 1
    assert 0.1 <= own.seconds < 5.0


def test_a_pod_on_a_lost_node_writes_to_its_own_file_only(tmp_path):
    end_early(tmp_path)
    end_early(tmp_path)
    first = tmp_path / ".kubesplat" / "times" / "sfm-1.json"
    first.write_text(json.dumps({**json.loads(first.read_text()), "seconds": 100.0}))
    own = tries_of(tmp_path)["sfm"]
    assert own.count == 2
    assert 100.0 <= own.seconds < 105.0


def test_a_gpu_counts_as_long_as_a_pod_holds_it(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_GPUS", "2")
    end_early(tmp_path, "train", seconds=0.1)
    with run_stage("train", output=str(tmp_path)) as record:
        record.gpu_seconds = 0.001  # as training has it, without loading photos
    stored = record_of(tmp_path, "train")
    assert stored["gpu_seconds"] == pytest.approx(2 * stored["seconds"])
    assert stored["gpu_seconds"] >= 0.2


def test_another_runs_tries_are_passed_over(tmp_path, monkeypatch):
    end_early(tmp_path)
    monkeypatch.setenv("KUBESPLAT_RUN", "run-2")
    assert tries_of(tmp_path) == {}


def test_a_run_has_so_many_tries_and_no_more(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("KUBESPLAT_MOST_TRIES", "4")
    end_early(tmp_path, "ingest")
    end_early(tmp_path)
    end_early(tmp_path)
    fail(tmp_path)
    begun = []
    with pytest.raises(SystemExit) as ended, run_stage("sfm", output=str(tmp_path)):
        begun.append("work")
    record = record_of(tmp_path)
    assert (begun, ended.value.code) == ([], 5)
    assert (record["failure"]["type"], record["final"], record["retries"]) == ("TriesExhaustedError", True, 3)
    assert "started 4 times (ingest 1, sfm 3); at most 4 are allowed" in record["failure"]["message"]
    assert "the store was away" in record["failure"]["message"]
    assert "most_tries" in capfd.readouterr().err
