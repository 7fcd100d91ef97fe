"""Watches the GPUs of a training from a thread of its own: samples for Prometheus, means for the report."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from components.shared.contracts.training import GpuUsage
from components.train.telemetry.nvml import GpuSample, open_nvml

OnGpus = Callable[[Sequence[GpuSample]], None]
"""Called with the state of all GPUs of the training, in CUDA's order, by the thread that watches them; with
none when it ends."""

_INTERVAL_SECONDS = 1.0
"""NVML's utilization and power are means of about that time."""
_JOIN_SECONDS = 2.0
"""A driver that hangs does not delay the end of training by more."""
_log = logging.getLogger(__name__)


class Gpus(Protocol):
    """An open connection to the driver."""

    def read(self) -> list[GpuSample]: ...

    def close(self) -> None: ...


def ignore_gpus(_: Sequence[GpuSample]) -> None:
    """Discard samples."""


class UsageMeter:
    """Means over time; each sample stands for the time since the one before."""

    def __init__(self) -> None:
        self._seconds = self._busy_seconds = self._energy_joules = 0.0
        self._tells_utilization = self._tells_power = True

    def add(self, samples: Sequence[GpuSample], seconds: float) -> None:
        """A mean is not known any more if one GPU does not tell it once."""
        utilization = [gpu.utilization_ratio for gpu in samples if gpu.utilization_ratio is not None]
        power = [gpu.power_watts for gpu in samples if gpu.power_watts is not None]
        self._tells_utilization &= len(utilization) == len(samples)
        self._tells_power &= len(power) == len(samples)
        self._seconds += seconds
        self._busy_seconds += seconds * sum(utilization) / len(samples)
        self._energy_joules += seconds * sum(power)

    def usage(self) -> GpuUsage | None:
        """None before the first sample."""
        if not self._seconds:
            return None
        return GpuUsage(
            seconds=self._seconds,
            utilization=self._busy_seconds / self._seconds if self._tells_utilization else None,
            power_watts=self._energy_joules / self._seconds if self._tells_power else None,
            energy_watt_hours=self._energy_joules / 3600 if self._tells_power else None,
        )


@contextmanager
def watch_gpus(
    gpus: int,
    on_gpus: OnGpus = ignore_gpus,
    *,
    connect: Callable[[int], Gpus] = open_nvml,
    interval_seconds: float = _INTERVAL_SECONDS,
) -> Iterator[UsageMeter]:
    """Sample the first `gpus` CUDA devices of this process during the block, and at its end; 0: none.

    Without NVML, or where it fails, there are no samples, and one line in the log says why.
    """
    meter, ended = UsageMeter(), threading.Event()

    def watch() -> None:
        try:
            connection = connect(gpus)
            try:
                before, is_last = time.monotonic(), False
                while not is_last:
                    is_last = ended.wait(interval_seconds)
                    samples, now = connection.read(), time.monotonic()
                    meter.add(samples, now - before)
                    on_gpus(samples)
                    before = now
            finally:
                on_gpus(())
                connection.close()
        except Exception as error:  # Whatever a driver or its library does: training needs none of it.
            _log.warning("no utilization and power of the GPUs: %s: %s", type(error).__name__, error)

    thread = threading.Thread(target=watch, name="watch-gpus", daemon=True)
    if gpus:
        thread.start()
    try:
        yield meter
    finally:
        ended.set()
        if gpus:
            thread.join(_JOIN_SECONDS)
