"""The latest statistics of a training as Prometheus metrics."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from components.shared.errors import OutOfMemoryError, TrainingDivergedError
from components.train.telemetry.nvml import GpuSample
from components.train.telemetry.statistics import TrainStatistics

_SPEED_WINDOW_SECONDS = 10.0
_FAILURES = (TrainingDivergedError.__name__, OutOfMemoryError.__name__)
_GAUGES = {
    "step": "Training steps done",
    "steps": "Training steps planned",
    "loss": "Running mean of the loss over training photos",
    "psnr_db": "PSNR of held-out photos at the last measurement, dB",
    "flat_psnr_db": "PSNR of flat images in the mean colour of the photos, dB; below it nothing was learned",
    "gaussians": "Number of Gaussians",
    "steps_per_second": "Training steps per second, mean of the last 10 seconds",
    "gpu_memory_bytes": "GPU memory reserved by training",
    "checkpoint_timestamp_seconds": "Unix time of the last checkpoint, before the first one of the start",
}
"""Help texts by name: of fields of `TrainStatistics`, and of the speed, which is computed here."""
_GPU_GAUGES = {
    "utilization_ratio": "Part of the last second in which a kernel ran on the GPU",
    "power_watts": "Power of the GPU",
    "used_memory_bytes": "GPU memory in use by all processes",
}
"""Help texts by field of `GpuSample`."""


class TrainCollector(Collector):
    """`update` is called by the thread that trains, `update_gpus` by the one that watches the GPUs, `collect`
    by that of the HTTP server.
    """

    def __init__(self, labels: Mapping[str, str]) -> None:
        """`labels` are those of all its metrics, as of `metric_labels`."""
        self._names, self._labels = list(labels), list(labels.values())
        self._values: dict[str, float | None] = {"step": 0.0}
        self._failures: dict[str, int] = {}
        self._gpus: Sequence[GpuSample] = ()
        self._recent: deque[tuple[float, int]] = deque()

    def update(self, statistics: TrainStatistics) -> None:
        speed = self._steps_per_second(statistics.seconds, statistics.step)
        fields = {name: getattr(statistics, name) for name in _GAUGES if hasattr(statistics, name)}
        self._values = {**fields, "steps_per_second": speed}
        self._failures = statistics.failures

    def update_gpus(self, gpus: Sequence[GpuSample]) -> None:
        self._gpus = gpus

    def collect(self) -> Iterator[Metric]:
        values = self._values
        for name, description in _GAUGES.items():
            family = GaugeMetricFamily(f"kubesplat_train_{name}", description, labels=self._names)
            value = values.get(name)
            if value is not None:
                family.add_metric(self._labels, value)
            yield family
        failures = CounterMetricFamily(
            "kubesplat_train_failures", "Failures that training recovered from", labels=[*self._names, "type"]
        )
        for failure in sorted({*_FAILURES, *self._failures}):
            failures.add_metric([*self._labels, failure], self._failures.get(failure, 0))
        yield failures
        yield from self._collect_gpus()

    def _collect_gpus(self) -> Iterator[Metric]:
        gpus = self._gpus
        for name, description in _GPU_GAUGES.items():
            labels = [*self._names, "gpu"]
            family = GaugeMetricFamily(f"kubesplat_train_gpu_{name}", description, labels=labels)
            for index, gpu in enumerate(gpus):
                value = getattr(gpu, name)
                if value is not None:
                    family.add_metric([*self._labels, str(index)], value)
            yield family

    def _steps_per_second(self, seconds: float, step: int) -> float | None:
        recent = self._recent
        if recent and step <= recent[-1][1]:
            recent.clear()  # Training resumed from a checkpoint.
        recent.append((seconds, step))
        while len(recent) > 2 and seconds - recent[1][0] >= _SPEED_WINDOW_SECONDS:
            recent.popleft()
        first_seconds, first_step = recent[0]
        return (step - first_step) / (seconds - first_seconds) if seconds > first_seconds else None
