"""What a task asks of Kubeflow's API: the state of a run, which Kubeflow 2.17 tells no task."""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from pathlib import Path
from urllib.request import Request, urlopen

from components.shared.time_limit import run_within

IN_CLUSTER_HOST = "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
IN_CLUSTER_TOKEN = Path("/var/run/secrets/kubeflow/pipelines/token")
"""Of the pod's service account; only where Kubeflow has several users."""

_TIMEOUT_SECONDS = 30.0
"""An API server on a busy node has taken seven seconds."""
_log = logging.getLogger(__name__)


def in_cluster() -> bool:
    """Whether this process runs in a pod."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST"))


def was_cancelled(run: str) -> bool:
    """Whether somebody cancelled the run with this id; False where Kubeflow does not say so."""
    return _state_of(run) in ("CANCELING", "CANCELED")


def has_ended(run: str) -> bool:
    """Whether all tasks of the run with this id have ended; False where Kubeflow does not say so."""
    return _state_of(run) in ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")


@cache  # a pass asks for each of the captures that one run holds
def _state_of(run: str) -> str:
    """Empty on one machine, and if Kubeflow does not answer within 30 s or refuses to, which is logged."""
    if not run or not in_cluster():
        return ""
    states: list[str] = []
    (error,) = run_within(_TIMEOUT_SECONDS, [lambda: states.append(_request_state(run))])
    if error:
        _log.warning("Kubeflow did not tell the state of the run %s: %s", run, error)
    return "" if error else states[0]


def _request_state(run: str) -> str:
    request = Request(f"{IN_CLUSTER_HOST}/apis/v2beta1/runs/{run}")
    if IN_CLUSTER_TOKEN.exists():
        request.add_header("Authorization", f"Bearer {IN_CLUSTER_TOKEN.read_text().strip()}")
    with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
        return str(json.load(answer).get("state", ""))
