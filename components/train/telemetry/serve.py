"""The /metrics page of a training, on the port that KUBESPLAT_METRICS_PORT names."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from prometheus_client import CollectorRegistry, start_http_server

from components.shared.environment import METRICS_PORT_VARIABLE
from components.shared.metric_labels import metric_labels
from components.shared.progress import OnProgress, Progress
from components.train.telemetry.collect import TrainCollector
from components.train.telemetry.gpu_usage import OnGpus, ignore_gpus
from components.train.telemetry.statistics import TrainStatistics

_log = logging.getLogger(__name__)


class Listeners(NamedTuple):
    """What a training reports to."""

    on_progress: OnProgress
    on_gpus: OnGpus


@contextmanager
def serve_metrics(on_progress: OnProgress, output: str) -> Iterator[Listeners]:
    """Serve the page during the block; yields callbacks that update it; one then calls `on_progress`.

    `version.json` at the run's `output` says of which scene the training is. Without the variable there is
    no server. A port that cannot be used is logged and does not end training.
    """
    port = os.environ.get(METRICS_PORT_VARIABLE, "")
    if not port:
        yield Listeners(on_progress, ignore_gpus)
        return
    collector = TrainCollector(metric_labels(output))
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        server, thread = start_http_server(int(port), registry=registry)
    except (OSError, OverflowError, ValueError) as error:
        _log.warning("no metrics: %s=%s cannot be used: %s", METRICS_PORT_VARIABLE, port, error)
        yield Listeners(on_progress, ignore_gpus)
        return

    def watch(progress: Progress) -> None:
        if isinstance(progress.details, TrainStatistics):
            collector.update(progress.details)
        on_progress(progress)

    try:
        yield Listeners(watch, collector.update_gpus)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
