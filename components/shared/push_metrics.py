"""Stages too short to be scraped leave their figures at a Pushgateway: KUBESPLAT_PUSHGATEWAY names it.

The gateway keeps a group for each run and stage until it is told to forget it: each run's last stage does.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from urllib.request import urlopen

from prometheus_client import CollectorRegistry, Gauge, delete_from_gateway, push_to_gateway

from components.shared.environment import PUSHGATEWAY_VARIABLE, RUN_VARIABLE
from components.shared.stages import CONCLUDE

JOB = "kubesplat"

_PATIENCE_SECONDS = 2.0
_FORGET_AFTER_SECONDS = 24 * 3600.0
_log = logging.getLogger(__name__)


def push_stage_metrics(stage: str, seconds: float, failure_type: str | None) -> None:
    """Push how a stage ended; without a gateway do nothing. Metrics never cost a stage its result.

    What an earlier try of the same stage pushed is replaced: a failure that was got over is gone.
    """
    gateway = os.environ.get(PUSHGATEWAY_VARIABLE, "")
    if not gateway:
        return
    run = os.environ.get(RUN_VARIABLE, "")
    errors: list[Exception] = []

    def push() -> None:
        try:
            registry = _registry(stage, seconds, failure_type)
            push_to_gateway(gateway, JOB, registry, {"run": run, "stage": stage}, timeout=_PATIENCE_SECONDS)
            if stage == CONCLUDE:
                _forget_old_groups(gateway)
        except Exception as error:
            errors.append(error)

    # In a thread: looking up a name, or an answer that trickles in, knows no time limit.
    thread = threading.Thread(target=push, daemon=True)
    thread.start()
    thread.join(_PATIENCE_SECONDS)
    if thread.is_alive() or errors:
        reason = errors[0] if errors else f"no answer within {_PATIENCE_SECONDS:g} s"
        _log.warning("metrics of %s were not pushed to %s: %s", stage, gateway, reason)


def _registry(stage: str, seconds: float, failure_type: str | None) -> CollectorRegistry:
    """`run` and `stage` are the group's labels; the gateway adds them to each metric."""
    registry = CollectorRegistry()
    Gauge("kubesplat_stage_seconds", "Time the stage took", registry=registry).set(seconds)
    if failure_type:
        failures = Gauge(
            "kubesplat_stage_failures", "1 where the last try failed", ["type"], registry=registry
        )
        failures.labels(failure_type).set(1)
    else:
        success = Gauge(
            "kubesplat_stage_last_success_timestamp_seconds", "When the stage ended well", registry=registry
        )
        success.set_to_current_time()
    return registry


def _forget_old_groups(gateway: str) -> None:
    base = (gateway if "://" in gateway else f"http://{gateway}").rstrip("/")
    with urlopen(f"{base}/api/v1/metrics", timeout=_PATIENCE_SECONDS) as answer:
        groups = json.load(answer)["data"]
    for group in groups:
        labels = dict(group["labels"])
        pushed = float(group["push_time_seconds"]["metrics"][0]["value"])
        if labels.pop("job") == JOB and time.time() - pushed > _FORGET_AFTER_SECONDS:
            delete_from_gateway(gateway, JOB, labels, timeout=_PATIENCE_SECONDS)
