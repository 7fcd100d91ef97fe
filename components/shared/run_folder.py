"""Where the results of a run go, for stages whose results later runs may reuse.

Every parameter of a task is part of the key of Kubeflow's cache: with the place of the results among
them, a run to another place would repeat everything. So the first task of a run leaves the place as
`outputs/<fingerprint of the capture>.json` in the run's own folder, and the stages read it there.

On a cluster that folder is `<pipeline root>/<pipeline>/<run>/`, under which Kubeflow puts a task's output
artifacts too. Where KUBESPLAT_RUN_FOLDER is set, as on one machine, it is that folder or s3:// prefix.
"""

from __future__ import annotations

import os

from components.shared.artifacts import Artifact
from components.shared.environment import RUN_FOLDER_VARIABLE, RUN_VARIABLE
from components.shared.errors import StorageError
from components.shared.stage import exit_on_failure
from components.shared.storage import NotFoundError, get_json, open_storage, put_json

_SETTING = "defaultPipelineRoot in the ConfigMap kfp-launcher"


class PipelineRootError(StorageError):
    """Kubeflow keeps artifacts where the stages cannot read and write; trying again does not help."""

    retryable = False


def note_output(fingerprint: str, output: str, artifact: Artifact) -> None:
    """Leave `output` for the other stages; `artifact` is any output artifact of the calling task.

    Raises:
        StorageError: the run's folder cannot be written and read, as `PipelineRootError` for good.
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
    """What `note_output` left in this run; ends the process with the failure's exit status if it cannot."""
    with exit_on_failure(stage):
        folder = _run_folder(artifact.uri)
        try:
            return str(get_json(open_storage(folder), _name(fingerprint))["output"])
        except NotFoundError as error:
            raise NotFoundError(
                f"no task of this run has said where its results go: {error.message}",
                remedy="Start the run anew: its first task, list-capture, must run in it and not be cached.",
            ) from error


def _name(fingerprint: str) -> str:
    return f"outputs/{fingerprint}.json"


def _run_folder(uri: str) -> str:
    told = os.environ.get(RUN_FOLDER_VARIABLE)
    if told:
        return told
    run = os.environ.get(RUN_VARIABLE)
    before, found, _ = uri.partition(f"/{run}/")
    if not run or not found:
        raise PipelineRootError(
            f"the artifact {uri} does not lie in a folder of the run {run or '(unnamed)'}",
            remedy=f"Set {RUN_FOLDER_VARIABLE} to a folder or s3:// prefix of this run.",
        )
    if not uri.startswith("s3://"):
        raise PipelineRootError(
            f"Kubeflow's pipeline root is {before.rpartition('/')[0]}, which the stages cannot reach",
            remedy=f"Set {_SETTING} to s3://bucket/prefix in the object store of captures and results.",
        )
    return f"{before}/{run}"
