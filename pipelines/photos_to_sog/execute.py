"""The child process of `run_local`: runs a pipeline with Kubeflow's local runner.

`python -m pipelines.photos_to_sog.execute JOB.json`; the job contains the pipeline function's module and
name, its arguments, and the folder for artifacts.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from kfp import local

from components.shared.environment import GPUS_VARIABLE, METRICS_PORT_VARIABLE, MOST_TRIES_VARIABLE
from components.shared.files import read_json
from components.shared.processes import end_with_parent
from pipelines.photos_to_sog.literal_arguments import pass_arguments_literally

_CLUSTER_ONLY = (GPUS_VARIABLE, METRICS_PORT_VARIABLE, MOST_TRIES_VARIABLE)


def main(job_path: str) -> None:
    end_with_parent()
    job = read_json(Path(job_path))
    module, name = job["pipeline"].split(":")
    pipeline = getattr(importlib.import_module(module), name)
    _adapt(pipeline.pipeline_spec)
    pass_arguments_literally()
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=job["root"],
        workspace_root=str(Path(job["root"]) / "workspace"),
        enable_caching=True,
    )
    pipeline(**job["arguments"])


def _adapt(spec: Any) -> None:
    """Remove from a pipeline's specification what applies to clusters only.

    Retries: the local runner ignores exit statuses, and would repeat a stage that cannot succeed.
    Resources: the local runner only warns that it cannot allocate them.
    Environment variables: trainings in parallel would use the same metrics port.
    """
    for executor in spec.deployment_spec["executors"].values():
        container = executor["container"]
        container.fields.pop("resources", None)
        if "env" in container:
            container["env"] = [each for each in container["env"] if each["name"] not in _CLUSTER_ONLY]
    dags = [spec.root.dag, *(component.dag for component in spec.components.values())]
    for task in (task for dag in dags for task in dag.tasks.values()):
        task.ClearField("retry_policy")


if __name__ == "__main__":
    main(sys.argv[1])
