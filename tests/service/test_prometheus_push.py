"""Results of stages reach a real Pushgateway; an unreachable, slow or broken one does not delay a stage."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry

from components.publish.conclude import conclude
from components.publish.cost_metrics import cost_metrics
from components.publish.run_state import RunState
from components.publish.scenes.version import begin_version
from components.publish.settings import PublishSettings
from components.shared import push_metrics
from components.shared.contracts.report import Report, RunStatus, StageCost, Totals
from components.shared.errors import KubesplatError, QualityGateError, StorageError
from components.shared.scene_version import VersionInfo
from components.shared.stage import run_stage
from tests.service.monitoring import pushgateway
from tests.service.ports import free_ports

BAD_PHOTOS = QualityGateError("too bad", remedy="Other photos.")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[str]:
    with pushgateway(free_ports(1)[0], tmp_path_factory.mktemp("gateway")) as address:
        yield address


@pytest.fixture
def run(gateway, monkeypatch, request) -> str:
    monkeypatch.setenv("KUBESPLAT_PUSHGATEWAY", gateway)
    monkeypatch.setenv("KUBESPLAT_RUN", request.node.name)
    return request.node.name


def groups(gateway: str, run: str) -> dict[str, dict[str, list]]:
    """Metrics by stage; those of the whole run by an empty name."""
    with urlopen(f"{gateway}/api/v1/metrics", timeout=5) as answer:
        data = json.load(answer)["data"]
    ours = [group for group in data if group["labels"].get("run") == run]
    return {
        group["labels"].get("stage", ""): {
            name: each["metrics"] for name, each in group.items() if name.startswith("kubesplat_")
        }
        for group in ours
    }


def fail_sfm(output, error: KubesplatError = BAD_PHOTOS) -> None:
    with pytest.raises(SystemExit) as exit_status, run_stage("sfm", output=str(output)):
        raise error
    assert exit_status.value.code == error.exit_code


def test_a_stage_that_ends_well(gateway, run, tmp_path):
    with run_stage("ingest", output=str(tmp_path)):
        time.sleep(0.1)
    metrics = groups(gateway, run)["ingest"]
    assert set(metrics) == {"kubesplat_stage_seconds", "kubesplat_stage_last_success_timestamp_seconds"}
    (seconds,) = metrics["kubesplat_stage_seconds"]
    assert 0.1 <= float(seconds["value"]) < 5
    assert seconds["labels"] == {"instance": "", "job": "kubesplat", "run": run, "stage": "ingest"}
    (success,) = metrics["kubesplat_stage_last_success_timestamp_seconds"]
    assert abs(float(success["value"]) - time.time()) < 10


def test_a_stage_that_fails_and_a_retry_that_gets_over_it(gateway, run, tmp_path):
    fail_sfm(tmp_path, StorageError("the disk is full", remedy="Make room."))
    (failure,) = groups(gateway, run)["sfm"]["kubesplat_stage_failures"]
    assert (failure["labels"]["type"], failure["value"]) == ("StorageError", "1")
    with run_stage("sfm", output=str(tmp_path)):
        pass
    assert "kubesplat_stage_failures" not in groups(gateway, run)["sfm"]


def test_the_end_of_a_run_forgets_old_ones(gateway, run, tmp_path, monkeypatch):
    fail_sfm(tmp_path)
    push_metrics.push_run_metrics(CollectorRegistry(), str(tmp_path))
    assert set(groups(gateway, run)) == {"sfm", ""}, "yesterday's are kept"
    monkeypatch.setattr(push_metrics, "_DELETE_AFTER_SECONDS", 0.0)
    monkeypatch.setenv("KUBESPLAT_RUN", "another/run")
    push_metrics.push_run_metrics(CollectorRegistry(), str(tmp_path))
    assert groups(gateway, run) == {}


def test_the_ledger_of_a_run(gateway, run, tmp_path):
    stages = {
        "sfm": StageCost(seconds=60.0, cost_usd=0.01, forecast_cost_usd=0.02, forecast_seconds=80.0),
        "train": StageCost(cached=True, saved_by_cache_usd=0.3, forecast_cost_usd=0.3),
    }
    totals = Totals(cost_usd=0.01, forecast_cost_usd=0.32, saved_by_cache_usd=0.3, spot_cost_usd=0.004)
    report = Report(status=RunStatus.SUCCEEDED, stages=stages, totals=totals)
    push_metrics.push_run_metrics(cost_metrics(report), str(tmp_path))
    metrics = groups(gateway, run)[""]
    costs = {each["labels"]["stage"]: each["value"] for each in metrics["kubesplat_stage_cost_usd"]}
    assert costs == {"sfm": "0.01"}
    expected = {
        each["labels"]["stage"]: each["value"] for each in metrics["kubesplat_stage_forecast_cost_usd"]
    }
    assert expected == {"sfm": "0.02", "train": "0.3"}
    assert [each["value"] for each in metrics["kubesplat_run_cost_usd"]] == ["0.01"]
    saved = {each["labels"]["by"]: each["value"] for each in metrics["kubesplat_run_saved_usd"]}
    assert saved == {"cache": "0.3"}


def test_without_a_gateway_nothing_is_sent(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBESPLAT_PUSHGATEWAY", raising=False)
    sent = []
    monkeypatch.setattr(push_metrics, "push_to_gateway", lambda *sending, **_: sent.append(sending))
    with run_stage("ingest", output=str(tmp_path)):
        pass
    assert sent == []
    monkeypatch.setenv("KUBESPLAT_PUSHGATEWAY", "gateway:9091")
    with run_stage("ingest", output=str(tmp_path)):
        pass
    assert [each[0] for each in sent] == ["gateway:9091"]


def stage_with_gateway(address: str, output, monkeypatch) -> float:
    """Seconds that the stage takes."""
    monkeypatch.setenv("KUBESPLAT_PUSHGATEWAY", address)
    started = time.monotonic()
    with run_stage("ingest", output=str(output)) as record:
        record.figures = {"images": 3}
    assert json.loads((output / "stages/ingest.json").read_text())["figures"] == {"images": 3}
    return time.monotonic() - started


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "no such host:9091", "ftp://x"])
def test_a_gateway_that_is_down_costs_a_line(address, tmp_path, monkeypatch, caplog):
    assert stage_with_gateway(address, tmp_path, monkeypatch) < 3
    (line,) = [each.message for each in caplog.records]
    assert line.startswith(f"metrics of ingest were not pushed to {address}: ")


def test_a_gateway_that_trickles_costs_two_seconds(tmp_path, monkeypatch, caplog):
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not ended.wait(0.3):
                    connection.sendall(b"X-More: x\r\n")

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.getsockname()[1]}"
            assert 1.5 < stage_with_gateway(address, tmp_path, monkeypatch) < 4
        finally:
            ended.set()
            thread.join()
    assert "no answer within 2 s" in caplog.text


def begin_capture(folder: Path, scene: str, run: str) -> str:
    """The output of one capture of the pass `run`."""
    output = str(folder / scene)
    version = VersionInfo(scene=scene, version="20261130T040041Z-71d5cf", capture=scene, holder=run)
    begin_version(output, version)
    return output


def groups_with(gateway: str, run: str, metric: str) -> list[dict]:
    with urlopen(f"{gateway}/api/v1/metrics", timeout=5) as answer:
        data = json.load(answer)["data"]
    return [each for each in data if each["labels"].get("run") == run and metric in each]


def test_a_capture_that_succeeds_does_not_hide_the_failure_of_another_one(gateway, run, tmp_path):
    fail_sfm(begin_capture(tmp_path, "bad", run))
    with run_stage("sfm", output=begin_capture(tmp_path, "good", run)):
        pass
    (failed,) = groups_with(gateway, run, "kubesplat_stage_failures")
    assert (failed["labels"]["scene"], failed["labels"]["stage"]) == ("bad", "sfm")
    (succeeded,) = groups_with(gateway, run, "kubesplat_stage_last_success_timestamp_seconds")
    assert succeeded["labels"]["scene"] == "good"


def test_captures_of_one_pass_have_a_ledger_each(gateway, run, tmp_path):
    for scene, price in (("good", 900.0), ("Straße 7", 1.0)):
        output = begin_capture(tmp_path, scene, run)
        with run_stage("publish", output=output):
            pass
        conclude(output, state=RunState.SUCCEEDED, settings=PublishSettings(cpu_usd_per_hour=price))
    ours = groups_with(gateway, run, "kubesplat_run_cost_usd")
    assert {each["labels"]["scene"] for each in ours} == {"good", "Straße 7"}
    assert len({each["kubesplat_run_cost_usd"]["metrics"][0]["value"] for each in ours}) == 2
