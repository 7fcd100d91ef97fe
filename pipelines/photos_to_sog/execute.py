"""The child process of `run_local`: runs a pipeline with Kubeflow's local runner.

`python -m pipelines.photos_to_sog.execute JOB.json`; the job contains the pipeline function's module and
name, its arguments, and the folder for artifacts.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfp import local

from components.shared.environment import GPUS_VARIABLE, METRICS_PORT_VARIABLE, MOST_TRIES_VARIABLE
from components.shared.errors import InputError
from components.shared.files import read_json
from components.shared.processes import end_with_parent
from pipelines.inspect_capture.settings import inspects
from pipelines.photos_to_sog.literal_arguments import pass_arguments_literally
from pipelines.photos_to_sog.options import OPTIONS, by_stage
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS, merge, texts_of

_CLUSTER_ONLY = (GPUS_VARIABLE, METRICS_PORT_VARIABLE, MOST_TRIES_VARIABLE)


def main(job_path: str) -> None:
    end_with_parent()
    job = read_json(Path(job_path))
    module, name = job["pipeline"].split(":")
    pipeline = getattr(importlib.import_module(module), name)
    _adapt(pipeline.pipeline_spec)
    if not asks_for_inspection(job["arguments"]):
        _leave_out(pipeline.pipeline_spec, "inspect")
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
    for task in (task for dag in _dags(spec) for task in dag.tasks.values()):
        task.ClearField("retry_policy")


def asks_for_inspection(arguments: Mapping[str, Any]) -> bool:
    """Whether the run inspects its capture, or its settings are wrong, which its first task says."""
    try:
        given = by_stage(OPTIONS, arguments), texts_of(arguments, STAGE_SETTINGS)
        return inspects(merge(STAGE_SETTINGS, given))
    except InputError:
        return True


def _leave_out(spec: Any, name: str) -> None:
    """Remove a task that has nothing to do: on Kubeflow it comes from the cache, here it takes 2.5 CPU s."""
    for dag in (dag for dag in _dags(spec) if name in dag.tasks):
        del dag.tasks[name]
        for task in dag.tasks.values():
            others = [each for each in task.dependent_tasks if each != name]
            del task.dependent_tasks[:]
            task.dependent_tasks.extend(others)


def _dags(spec: Any) -> list[Any]:
    return [spec.root.dag, *(component.dag for component in spec.components.values())]


if __name__ == "__main__":
    main(sys.argv[1])
