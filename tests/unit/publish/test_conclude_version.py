"""The end of a run that makes a version of a scene, with and without its lease."""

import json

import pytest

from components.publish.conclude_version import conclude_version
from components.publish.run_state import RunState
from components.publish.scenes.version import LeaseLostError, begin_version, hold_version
from components.publish.settings import PublishSettings
from components.shared.contracts.record import StageRecord
from components.shared.leases import acquire
from components.shared.run_layout import LEASE_FILE
from components.shared.scene_version import VersionInfo
from components.shared.stage import store_record
from components.shared.storage import open_storage

VERSION = "20260101T000000Z-aaaaaa"


@pytest.fixture
def castle(tmp_path):
    return tmp_path / "scenes" / "castle"


@pytest.fixture
def output(castle):
    return str(castle / VERSION)


def begin(castle, monkeypatch, run, seconds=600.0, version=VERSION):
    """What a pass does before the capture's own run."""
    monkeypatch.setenv("KUBESPLAT_RUN", run)
    acquire(open_storage(str(castle)), LEASE_FILE, run, seconds)
    info = VersionInfo(
        scene="castle", version=version, capture="in/", holder=run, lease_seconds=seconds or 1e-9
    )
    begin_version(str(castle / version), info)


def conclude(output, run):
    store_record(StageRecord(stage="publish", run=run), output, None)
    return conclude_version(output, state=RunState.SUCCEEDED, settings=PublishSettings())


def latest(castle):
    return json.loads((castle / "latest.json").read_text())["version"]


def test_a_run_that_succeeds_becomes_the_latest_and_ends_its_lease(castle, output, monkeypatch):
    begin(castle, monkeypatch, "run-1")
    assert conclude(output, "run-1").run == "run-1"
    assert latest(castle) == VERSION
    assert not (castle / ".kubesplat").exists()


def test_it_may_be_repeated(castle, output, monkeypatch):
    begin(castle, monkeypatch, "run-1")
    reports = [conclude(output, "run-1") for _ in range(2)]
    assert reports[0] == reports[1]
    assert not (castle / ".kubesplat").exists()


def test_a_run_that_fails_leaves_the_latest_alone(castle, output, monkeypatch):
    begin(castle, monkeypatch, "run-1")
    conclude(output, "run-1")
    later = str(castle / "20260102T000000Z-bbbbbb")
    begin(castle, monkeypatch, "run-2", version="20260102T000000Z-bbbbbb")
    report = conclude_version(later, state=RunState.FAILED, settings=PublishSettings())
    assert report.status == "failed"
    assert latest(castle) == VERSION
    assert not (castle / ".kubesplat").exists()


def test_a_run_that_was_taken_over_writes_nothing(castle, output, monkeypatch):
    begin(castle, monkeypatch, "run-1", seconds=0.0)
    begin(castle, monkeypatch, "run-2")
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    with pytest.raises(LeaseLostError, match="of run-1 on castle has expired, and run-2 has taken it over"):
        hold_version(output, "run-1")
    before = sorted(path.name for path in castle.rglob("*"))
    assert conclude_version(output, state=RunState.FAILED, settings=PublishSettings()) is None
    assert sorted(path.name for path in castle.rglob("*")) == before
    monkeypatch.setenv("KUBESPLAT_RUN", "run-2")
    assert conclude(output, "run-2").run == "run-2"


def test_another_version_that_is_being_made_keeps_the_late_one_from_going_on(castle, output, monkeypatch):
    begin(castle, monkeypatch, "run-1", seconds=0.0)
    begin(castle, monkeypatch, "run-2", version="20260102T000000Z-bbbbbb")
    with pytest.raises(LeaseLostError, match="run-2 has taken it over"):
        hold_version(output, "run-1")


def test_a_run_that_kubeflow_starts_again_after_its_end_takes_its_lease_again(castle, output, monkeypatch):
    begin(castle, monkeypatch, "run-1")
    conclude_version(output, state=RunState.FAILED, settings=PublishSettings())
    assert not (castle / LEASE_FILE).exists()
    hold_version(output, "run-1")
    assert json.loads((castle / LEASE_FILE).read_text())["holder"] == "run-1"


def test_a_run_without_versions_is_concluded_as_ever(tmp_path):
    report = conclude_version(str(tmp_path / "out"), state=RunState.FAILED, settings=PublishSettings())
    assert report.status == "failed"
    assert not (tmp_path / "latest.json").exists()
