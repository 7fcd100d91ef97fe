"""Pass the output of a run to its stages without a parameter.

Every parameter of a task is part of the key of Kubeflow's cache: if the output were one, a run with another
output would repeat all stages. So the first task of a run stores the output as
`outputs/<fingerprint of the capture>.json` in the run's own folder, where the stages read it.

On a cluster this folder is `<pipeline root>/<pipeline>/<run>/`, under which Kubeflow also stores the tasks'
output artifacts. KUBESPLAT_RUN_FOLDER names another folder or s3:// prefix, as on one machine.
"""

from __future__ import annotations

import os

from components.shared.artifacts import Artifact
from components.shared.environment import RUN_FOLDER_VARIABLE, RUN_VARIABLE
from components.shared.errors import StorageError
from components.shared.stage import exit_on_failure
from components.shared.storage import NotFoundError, get_json, is_s3, open_storage, put_json

_SETTING = "defaultPipelineRoot in the ConfigMap kfp-launcher"


class PipelineRootError(StorageError):
    """Kubeflow stores artifacts where the stages cannot read and write. A retry cannot succeed."""

    retryable = False


def note_output(fingerprint: str, output: str, artifact: Artifact) -> None:
    """Store `output` for the other stages; `artifact` is any output artifact of the calling task.

    Raises:
        StorageError: the run's folder cannot be written and read.
        PipelineRootError: the run's folder is not in a storage that stages can reach.
    """
    folder = _run_folder(artifact.uri)
    try:
        put_json(open_storage(folder), _name(fingerprint), {"output": output})
        get_json(open_storage(folder), _name(fingerprint))
    except StorageError as error:
        raise StorageError(
            f"the run's folder in the pipeline root cannot be used: {error.message}",
            remedy=f"{error.remedy} The pipeline root is {_SETTING}; stages read and write it with the "
            "same keys as captures and results.",
        ) from error


def find_output(stage: str, fingerprint: str, artifact: Artifact) -> str:
    """The output that `note_output` stored in this run.

    Ends the process with the failure's exit status if there is none.
    """
    with exit_on_failure(stage):
        folder = _run_folder(artifact.uri)
        try:
            return str(get_json(open_storage(folder), _name(fingerprint))["output"])
        except NotFoundError as error:
            raise NotFoundError(
                f"no task of this run has stored its output: {error.message}",
                remedy="Start the run again: its first task, list-capture, must run in it and not be cached.",
            ) from error


def _name(fingerprint: str) -> str:
    return f"outputs/{fingerprint}.json"


def _run_folder(uri: str) -> str:
    folder = os.environ.get(RUN_FOLDER_VARIABLE)
    if folder:
        return folder
    run = os.environ.get(RUN_VARIABLE)
    before, found, _ = uri.partition(f"/{run}/")
    if not run or not found:
        raise PipelineRootError(
            f"the artifact {uri} does not lie in a folder of the run {run or '(unnamed)'}",
            remedy=f"Set {RUN_FOLDER_VARIABLE} to a folder or s3:// prefix of this run.",
        )
    if not is_s3(uri):
        raise PipelineRootError(
            f"Kubeflow's pipeline root is {before.rpartition('/')[0]}, which the stages cannot reach",
            remedy=f"Set {_SETTING} to s3://bucket/prefix in the object store of captures and results.",
        )
    return f"{before}/{run}"
