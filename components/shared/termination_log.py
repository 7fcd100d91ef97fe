"""A container's last words to Kubernetes, which shows them in `kubectl describe pod` and hands them to Argo.

Argo appends them to the message of the failed pod, and there its retry expression reads them
(`manifests/components/kubeflow/workflow_controller.yaml`): the exit status does not reach Argo, because
Kubeflow's launcher ends with status 1 whatever a stage ended with.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from components.shared.environment import RUN_VARIABLE
from components.shared.errors import KubesplatError

FINAL_MARK = "kubesplat: final"
"""What the retry expression looks for."""

_PATH = Path("/dev/termination-log")
"""The default of a container's terminationMessagePath; Kubernetes makes it writable for every user."""
_MOST_BYTES = 1024
"""Kubernetes keeps 4096 bytes of a container; Argo stores this in the workflow, beside all other nodes."""


def write_termination_log(type_name: str, message: str, *, final: bool) -> None:
    """Say in one line what ended the container; outside of a run's pod do nothing.

    It never fails: what it would hide is the failure that it tells.
    """
    if not os.environ.get(RUN_VARIABLE):
        return
    mark = FINAL_MARK if final else "kubesplat"
    line = " ".join(f"{mark}: {type_name}: {message}".split())
    with suppress(OSError):
        if _PATH.exists():
            _PATH.write_bytes(line.encode()[:_MOST_BYTES])


def tell_failure(error: KubesplatError) -> None:
    """`write_termination_log` of a failure of ours."""
    write_termination_log(type(error).__name__, error.message, final=error.is_final)
