"""The latest statistics of a training as Prometheus' metrics."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from components.train.telemetry.statistics import TrainStatistics

_SPEED_OVER_SECONDS = 10.0
_FAILURES = ("TrainingDivergedError", "OutOfMemoryError")
_GAUGES = {
    "step": "Training steps done",
    "steps": "Training steps planned",
    "loss": "Running mean of the loss",
    "psnr_db": "PSNR of held-out views when last measured, dB",
    "flat_psnr_db": "PSNR that one flat colour reaches, dB: below it nothing was learned",
    "gaussians": "Gaussians",
    "steps_per_second": "Training steps a second, lately",
    "gpu_memory_bytes": "GPU memory that training holds",
    "checkpoint_timestamp_seconds": "When work was last saved; until then, when training began",
}


class TrainCollector(Collector):
    """Takes statistics from training's thread; what Prometheus asks for is made in the server's."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._values: dict[str, float | None] = {"step": 0.0}
        self._failures: dict[str, int] = {}
        self._recent: deque[tuple[float, int]] = deque()

    def update(self, statistics: TrainStatistics) -> None:
        self._values = {
            "step": statistics.step,
            "steps": statistics.steps,
            "loss": statistics.loss,
            "psnr_db": statistics.psnr_db,
            "flat_psnr_db": statistics.flat_psnr_db,
            "gaussians": statistics.gaussians,
            "steps_per_second": self._speed(statistics.seconds, statistics.step),
            "gpu_memory_bytes": statistics.gpu_memory_bytes,
            "checkpoint_timestamp_seconds": statistics.saved_at,
        }
        self._failures = statistics.failures

    def collect(self) -> Iterator[Metric]:
        values = self._values
        for name, description in _GAUGES.items():
            family = GaugeMetricFamily(f"kubesplat_train_{name}", description, labels=["run"])
            value = values.get(name)
            if value is not None:
                family.add_metric([self._run], value)
            yield family
        failures = CounterMetricFamily(
            "kubesplat_train_failures", "Failures that training got over", labels=["run", "type"]
        )
        for failure in sorted({*_FAILURES, *self._failures}):
            failures.add_metric([self._run, failure], self._failures.get(failure, 0))
        yield failures

    def _speed(self, seconds: float, step: int) -> float | None:
        recent = self._recent
        if recent and step <= recent[-1][1]:
            recent.clear()  # It went back to a checkpoint.
        recent.append((seconds, step))
        while len(recent) > 2 and seconds - recent[1][0] >= _SPEED_OVER_SECONDS:
            recent.popleft()
        first_seconds, first_step = recent[0]
        return (step - first_step) / (seconds - first_seconds) if seconds > first_seconds else None
