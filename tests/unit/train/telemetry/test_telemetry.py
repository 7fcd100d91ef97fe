"""What Prometheus is told about a training."""

from __future__ import annotations

import socket
from dataclasses import replace
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry

from components.shared.progress import Progress, ignore_progress
from components.shared.run_layout import VERSION_FILE
from components.shared.scene_version import VersionInfo
from components.train.telemetry.collect import TrainCollector
from components.train.telemetry.gpu_usage import ignore_gpus
from components.train.telemetry.nvml import GpuSample
from components.train.telemetry.serve import serve_metrics
from components.train.telemetry.statistics import TrainStatistics

STATISTICS = TrainStatistics(
    step=100,
    steps=400,
    loss=0.2,
    psnr_db=None,
    flat_psnr_db=9.5,
    gaussians=2_000,
    seconds=10.0,
    gpu_memory_bytes=None,
    checkpoint_timestamp_seconds=1_700_000_000.0,
    failures={},
)


@pytest.fixture
def collector() -> TrainCollector:
    return TrainCollector({"run": "run-1"})


@pytest.fixture
def value(collector):
    registry = CollectorRegistry()
    registry.register(collector)
    return lambda name, **labels: registry.get_sample_value(
        f"kubesplat_train_{name}", {"run": "run-1", **labels}
    )


def test_before_the_first_step_the_step_is_zero_and_nothing_else_is_known(value):
    assert value("step") == 0
    assert value("failures_total", type="TrainingDivergedError") == 0
    for name in ("steps", "loss", "psnr_db", "gaussians", "checkpoint_timestamp_seconds"):
        assert value(name) is None


def test_each_figure_has_its_name_and_what_was_not_measured_has_none(collector, value):
    collector.update(STATISTICS)
    expected = {
        "step": 100,
        "steps": 400,
        "loss": 0.2,
        "flat_psnr_db": 9.5,
        "gaussians": 2_000,
        "checkpoint_timestamp_seconds": 1_700_000_000.0,
        "psnr_db": None,
        "gpu_memory_bytes": None,
    }
    assert {name: value(name) for name in expected} == expected
    collector.update(replace(STATISTICS, psnr_db=21.5, gpu_memory_bytes=3_000_000))
    assert (value("psnr_db"), value("gpu_memory_bytes")) == (21.5, 3_000_000)


def test_each_gpu_has_its_figures_until_it_is_watched_no_more(collector, value):
    first = GpuSample(utilization_ratio=0.93, power_watts=212.5, used_memory_bytes=3_000_000)
    second = GpuSample(utilization_ratio=None, power_watts=None, used_memory_bytes=5_000_000)
    collector.update_gpus([first, second])
    assert value("gpu_utilization_ratio", gpu="0") == 0.93
    assert value("gpu_power_watts", gpu="0") == 212.5
    assert [value("gpu_used_memory_bytes", gpu=gpu) for gpu in "01"] == [3_000_000, 5_000_000]
    assert value("gpu_utilization_ratio", gpu="1") is value("gpu_power_watts", gpu="1") is None
    collector.update_gpus(())
    assert value("gpu_used_memory_bytes", gpu="0") is None


def test_failures_are_counted_by_type(collector, value):
    collector.update(replace(STATISTICS, failures={"TrainingDivergedError": 1}))
    assert value("failures_total", type="TrainingDivergedError") == 1
    assert value("failures_total", type="OutOfMemoryError") == 0


def test_speed_is_of_the_last_seconds_and_begins_anew_after_going_back(collector, value):
    collector.update(STATISTICS)
    assert value("steps_per_second") is None
    for seconds in range(11, 31):
        collector.update(replace(STATISTICS, seconds=seconds, step=100 + 10 * (seconds - 10)))
    assert value("steps_per_second") == pytest.approx(10)
    for seconds in range(31, 51):
        collector.update(replace(STATISTICS, seconds=seconds, step=300 + 2 * (seconds - 30)))
    assert value("steps_per_second") == pytest.approx(2)
    collector.update(replace(STATISTICS, seconds=12.0, step=150))
    collector.update(replace(STATISTICS, seconds=13.0, step=155))
    assert value("steps_per_second") == pytest.approx(5)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_page_is_there_for_as_long_as_training(port, monkeypatch, tmp_path):
    monkeypatch.setenv("KUBESPLAT_METRICS_PORT", str(port))
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    seen: list[Progress] = []
    with serve_metrics(seen.append, str(tmp_path)) as (on_progress, on_gpus):
        on_progress(Progress("Iter 100", 0.5, details=STATISTICS))
        on_progress(Progress("measure", 0.97))
        on_gpus([GpuSample(utilization_ratio=0.93, power_watts=None, used_memory_bytes=2)])
        page = urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    assert 'kubesplat_train_step{run="run-1"} 100.0\n' in page
    assert 'kubesplat_train_gpu_utilization_ratio{gpu="0",run="run-1"} 0.93\n' in page
    assert [progress.phase for progress in seen] == ["Iter 100", "measure"]
    with socket.create_server(("127.0.0.1", port)):
        pass  # the port is free again


def test_the_captures_of_a_pass_are_told_apart_by_their_scenes(port, monkeypatch, tmp_path):
    monkeypatch.setenv("KUBESPLAT_METRICS_PORT", str(port))
    monkeypatch.setenv("KUBESPLAT_RUN", "pass-1")
    version = VersionInfo(scene="garden", version="1", capture="in/", holder="pass-1")
    version.write(tmp_path / VERSION_FILE)
    with serve_metrics(ignore_progress, str(tmp_path)) as (on_progress, on_gpus):
        on_progress(Progress("Iter 100", 0.5, details=STATISTICS))
        on_gpus([GpuSample(utilization_ratio=0.93, power_watts=None, used_memory_bytes=2)])
        page = urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    samples = [line for line in page.splitlines() if not line.startswith("#")]
    assert len(samples) >= 10
    assert all('run="pass-1",scene="garden"' in sample for sample in samples)


def test_without_a_port_there_is_no_server(monkeypatch, tmp_path):
    monkeypatch.delenv("KUBESPLAT_METRICS_PORT", raising=False)
    with serve_metrics(ignore_progress, str(tmp_path)) as listeners:
        assert listeners == (ignore_progress, ignore_gpus)


@pytest.mark.parametrize("port_text", ["taken", "http", "99999"])
def test_a_port_that_cannot_be_used_costs_a_line_and_no_training(port_text, monkeypatch, caplog, tmp_path):
    with socket.create_server(("0.0.0.0", 0)) as server:
        port_text = str(server.getsockname()[1]) if port_text == "taken" else port_text
        monkeypatch.setenv("KUBESPLAT_METRICS_PORT", port_text)
        with serve_metrics(ignore_progress, str(tmp_path)) as (on_progress, _):
            on_progress(Progress("Iter 100", 0.5, details=STATISTICS))
    assert f"KUBESPLAT_METRICS_PORT={port_text} cannot be used" in caplog.text
