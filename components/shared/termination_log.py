"""The container's termination message, which Kubernetes shows in `kubectl describe pod` and passes to Argo.

Argo appends it to the message of the failed pod, where its retry expression reads it
(`manifests/components/kubeflow/workflow_controller.yaml`). The exit status does not reach Argo, because
Kubeflow's launcher ends with status 1 after every failure.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from components.shared.environment import RUN_VARIABLE
from components.shared.errors import KubesplatError

FINAL_MARK = "kubesplat: final"
"""Start of a message after which the retry expression starts no other pod."""

_PATH = Path("/dev/termination-log")
"""The default of a container's terminationMessagePath; Kubernetes makes it writable for every user."""
_MAX_BYTES = 1024
"""Kubernetes keeps 4096 bytes of a container; Argo stores them in the workflow, where size is limited."""


def write_termination_log(type_name: str, message: str, *, final: bool) -> None:
    """Write in one line what ended the container; outside of a run's pod do nothing.

    An error while writing is ignored: it would replace the failure that is to be reported.
    """
    if not os.environ.get(RUN_VARIABLE):
        return
    mark = FINAL_MARK if final else "kubesplat"
    line = " ".join(f"{mark}: {type_name}: {message}".split())
    with suppress(OSError):
        if _PATH.exists():
            _PATH.write_bytes(line.encode()[:_MAX_BYTES])


def log_failure(error: KubesplatError) -> None:
    """Write `error` to the termination log."""
    write_termination_log(type(error).__name__, error.message, final=error.is_final)
