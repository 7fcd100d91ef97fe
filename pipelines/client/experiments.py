"""The experiment that runs are filed under in Kubeflow's UI."""

from __future__ import annotations

import json

from kfp_server_api import V2beta1Experiment

from pipelines.client.connect import Kubeflow
from pipelines.client.create_once import create_once


def experiment_id(kubeflow: Kubeflow, name: str) -> str:
    """Of the experiment called `name`, which is made if there is none."""

    def find() -> str | None:
        same = {"operation": "EQUALS", "key": "display_name", "string_value": name}
        answer = kubeflow.client.list_experiments(
            namespace=kubeflow.namespace, filter=json.dumps({"predicates": [same]})
        )
        return str(answer.experiments[0].experiment_id) if answer.experiments else None

    def create() -> str:
        wanted = V2beta1Experiment(display_name=name, namespace=kubeflow.namespace)
        made = kubeflow.client._experiment_api.experiment_service_create_experiment(experiment=wanted)
        return str(made.experiment_id)

    return find() or create_once(create, find, f"the experiment {name!r}", "kfp experiment list")
