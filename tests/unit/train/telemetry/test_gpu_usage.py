"""The thread that watches GPUs, fed with samples as an A10G gives them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from components.train.telemetry.gpu_usage import UsageMeter, watch_gpus
from components.train.telemetry.nvml import GpuSample, open_nvml


def sample(utilization: float | None, watts: float | None) -> GpuSample:
    return GpuSample(utilization_ratio=utilization, power_watts=watts, used_memory_bytes=9 * 2**30)


class Recorded:
    """Gives recorded samples, then fails."""

    def __init__(self, reads: Sequence[list[GpuSample]]) -> None:
        self._reads = iter(reads)
        self.closed = threading.Event()

    def read(self) -> list[GpuSample]:
        try:
            return next(self._reads)
        except StopIteration:
            raise OSError("GPU is lost") from None

    def close(self) -> None:
        self.closed.set()


def test_means_are_over_time_and_energy_is_of_all_gpus():
    meter = UsageMeter()
    meter.add([sample(0.9, 200.0), sample(0.7, 160.0)], 30.0)
    meter.add([sample(0.1, 60.0), sample(0.1, 60.0)], 10.0)
    usage = meter.usage()
    assert usage is not None
    assert usage.seconds == 40.0
    assert usage.utilization == pytest.approx((30 * 0.8 + 10 * 0.1) / 40)
    assert usage.power_watts == pytest.approx((30 * 360 + 10 * 120) / 40)
    assert usage.energy_watt_hours == pytest.approx((30 * 360 + 10 * 120) / 3600)
    assert usage.sentence() == "busy 62% of the time, 300\u00a0W, 3.3\u00a0Wh"


@pytest.mark.parametrize("gap", [sample(None, 100.0), sample(0.5, None)], ids=["utilization", "power"])
def test_a_mean_with_a_gap_is_not_told(gap):
    meter = UsageMeter()
    meter.add([sample(0.5, 100.0), sample(0.5, 100.0)], 1.0)
    meter.add([sample(0.5, 100.0), gap], 1.0)
    usage = meter.usage()
    assert usage is not None
    assert (usage.utilization is None) == (gap.utilization_ratio is None)
    assert (usage.energy_watt_hours is None) == (usage.power_watts is None) == (gap.power_watts is None)


def test_samples_are_passed_on_and_averaged_until_the_end():
    seen: list[Sequence[GpuSample]] = []
    gpus = Recorded([[sample(0.8, 150.0)]] * 1000)
    started = time.monotonic()
    with watch_gpus(1, seen.append, connect=lambda count: gpus, interval_seconds=0.01) as meter:
        assert meter.usage() is None
        time.sleep(0.2)
    usage = meter.usage()
    assert usage is not None
    assert usage.utilization == pytest.approx(0.8)
    assert usage.power_watts == pytest.approx(150.0)
    assert 0.05 < usage.seconds <= time.monotonic() - started
    assert len(seen) > 3
    assert list(seen[-1]) == []  # nothing is said of GPUs that are not watched any more
    assert gpus.closed.is_set()


def test_a_training_shorter_than_an_interval_has_a_sample_too():
    gpus = Recorded([[sample(0.8, 150.0)]])
    with watch_gpus(1, connect=lambda count: gpus, interval_seconds=60.0) as meter:
        time.sleep(0.01)
    usage = meter.usage()
    assert usage is not None
    assert usage.power_watts == pytest.approx(150.0)
    assert usage.seconds < 10.0


def test_a_gpu_that_is_lost_costs_a_line_and_its_samples(caplog):
    seen: list[Sequence[GpuSample]] = []
    gpus = Recorded([[sample(0.8, 150.0)]] * 2)
    with watch_gpus(1, seen.append, connect=lambda count: gpus, interval_seconds=0.01) as meter:
        assert gpus.closed.wait(5)
    assert [list(each) for each in seen] == [[sample(0.8, 150.0)]] * 2 + [[]]
    assert meter.usage() is not None
    assert [record.message for record in caplog.records] == [
        "no utilization and power of the GPUs: OSError: GPU is lost"
    ]


@pytest.mark.skipif("__import__('torch').cuda.is_available()", reason="this machine has a CUDA device")
def test_a_machine_without_cuda_costs_a_line_and_no_training(caplog):
    with watch_gpus(1, connect=open_nvml) as meter:
        wait_for(lambda: caplog.records)
    assert meter.usage() is None
    (line,) = caplog.records
    assert line.message.startswith("no utilization and power of the GPUs: ")


def test_a_driver_that_hangs_does_not_keep_training_from_its_end():
    ended = threading.Event()

    class Hanging(Recorded):
        def read(self) -> list[GpuSample]:
            ended.wait(30)
            return []

    with watch_gpus(1, connect=lambda count: Hanging([]), interval_seconds=0.001):
        started = time.monotonic()
    assert time.monotonic() - started < 10
    ended.set()
    wait_for(lambda: not is_watching())


def test_without_gpus_there_is_no_thread():
    with watch_gpus(0, connect=lambda count: pytest.fail("connected")) as meter:
        assert not is_watching()
    assert meter.usage() is None


def is_watching() -> bool:
    return "watch-gpus" in [thread.name for thread in threading.enumerate()]


def wait_for(condition) -> None:
    give_up = time.monotonic() + 20
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.01)
