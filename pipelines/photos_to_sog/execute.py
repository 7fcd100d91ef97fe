"""The child process of `run_local`: the pipeline under Kubeflow's local runner.

`python -m pipelines.photos_to_sog.execute JOB.json`; the job names the pipeline function, its
arguments and the folder for artifacts.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from kfp import local

from components.shared.environment import GPUS_VARIABLE, METRICS_PORT_VARIABLE, MOST_TRIES_VARIABLE
from components.shared.files import read_json

_CLUSTER_ONLY = (GPUS_VARIABLE, METRICS_PORT_VARIABLE, MOST_TRIES_VARIABLE)


def main(job_path: str) -> None:
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    job = read_json(Path(job_path))
    module, name = job["pipeline"].split(":")
    pipeline = getattr(importlib.import_module(module), name)
    _adapt(pipeline.pipeline_spec)
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=job["root"],
        workspace_root=str(Path(job["root"]) / "workspace"),
        enable_caching=True,
    )
    pipeline(**job["arguments"])


def _adapt(spec: Any) -> None:
    """Set what only holds on this machine, and take away what only holds on a cluster.

    The local runner does not read exit statuses: it would repeat what cannot succeed, so each stage
    has one try. It warns of resources, which it cannot give, and trainings side by side would want the
    same port for their metrics.
    """
    for executor in spec.deployment_spec["executors"].values():
        container = executor["container"]
        container.fields.pop("resources", None)
        if "env" in container:
            container["env"] = [each for each in container["env"] if each["name"] not in _CLUSTER_ONLY]
    dags = [spec.root.dag, *(component.dag for component in spec.components.values())]
    for task in (task for dag in dags for task in dag.tasks.values()):
        task.ClearField("retry_policy")


def _end_with_parent(parent: int) -> None:
    """End the whole group once the command line is gone: nobody would see or stop it any more."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
