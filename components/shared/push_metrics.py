"""Metrics of stages that are too short to be scraped, pushed to the gateway that KUBESPLAT_PUSHGATEWAY names.

The gateway keeps a group for each run and one for each of its stages, in a pass over an inbox for each of its
captures, until it is deleted; the exit task of each run deletes old groups.
"""

from __future__ import annotations

import json
import logging
import os
import time
from urllib.request import urlopen

from prometheus_client import CollectorRegistry, Gauge, delete_from_gateway, push_to_gateway

from components.shared.environment import PUSHGATEWAY_VARIABLE
from components.shared.metric_labels import metric_labels
from components.shared.time_limit import run_within

JOB = "kubesplat"

_TIMEOUT_SECONDS = 2.0
_DELETE_AFTER_SECONDS = 24 * 3600.0
_log = logging.getLogger(__name__)


def push_stage_metrics(stage: str, seconds: float, failure_type: str | None, output: str) -> None:
    """Push duration and outcome of a stage; do nothing without a gateway. A failed push is only logged.

    The metrics of an earlier try of the same stage for the same output are replaced.
    """
    _push(stage, _registry(stage, seconds, failure_type), {"stage": stage}, output, last=False)


def push_run_metrics(registry: CollectorRegistry, output: str) -> None:
    """Push metrics of a whole run at its end, without `run`: the gateway adds that label.

    Groups of runs that ended long ago are deleted. Without a gateway nothing is done; a failed push is only
    logged.
    """
    _push("the run", registry, {}, output, last=True)


def _push(what: str, registry: CollectorRegistry, group: dict[str, str], output: str, *, last: bool) -> None:
    """`last`: nothing of the run follows; then old groups are deleted too."""
    gateway = os.environ.get(PUSHGATEWAY_VARIABLE, "")
    if not gateway:
        return

    def push() -> None:
        push_to_gateway(gateway, JOB, registry, metric_labels(output) | group, timeout=_TIMEOUT_SECONDS)
        if last:
            _delete_old_groups(gateway)

    (error,) = run_within(_TIMEOUT_SECONDS, [push])
    if error:
        _log.warning("metrics of %s were not pushed to %s: %s", what, gateway, error)


def _registry(stage: str, seconds: float, failure_type: str | None) -> CollectorRegistry:
    """Metrics of one stage, without `run` and `stage`: the gateway adds the labels of the group."""
    registry = CollectorRegistry()
    Gauge("kubesplat_stage_seconds", "Wall-clock time of the stage", registry=registry).set(seconds)
    if failure_type:
        failures = Gauge(
            "kubesplat_stage_failures",
            "1 if the last try of the stage failed, by error type",
            ["type"],
            registry=registry,
        )
        failures.labels(failure_type).set(1)
    else:
        success = Gauge(
            "kubesplat_stage_last_success_timestamp_seconds",
            "Unix time of the stage's last success",
            registry=registry,
        )
        success.set_to_current_time()
    return registry


def _delete_old_groups(gateway: str) -> None:
    base = (gateway if "://" in gateway else f"http://{gateway}").rstrip("/")
    with urlopen(f"{base}/api/v1/metrics", timeout=_TIMEOUT_SECONDS) as answer:
        groups = json.load(answer)["data"]
    for group in groups:
        labels = dict(group["labels"])
        pushed = float(group["push_time_seconds"]["metrics"][0]["value"])
        if labels.pop("job") == JOB and time.time() - pushed > _DELETE_AFTER_SECONDS:
            delete_from_gateway(gateway, JOB, labels, timeout=_TIMEOUT_SECONDS)
