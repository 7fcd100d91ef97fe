"""Artifacts between stages: on this disk, or in S3.

On a cluster Kubeflow's launcher moves artifacts and both functions do nothing. The local runner
moves nothing: with KUBESPLAT_ARTIFACTS=s3://bucket/prefix set, each stage stores its outputs there,
hands on their s3:// address, and keeps nothing on the disk.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from components.shared.environment import ARTIFACTS_VARIABLE
from components.shared.errors import StorageError
from components.shared.files import write_json
from components.shared.storage import open_storage


class Metrics(Protocol):
    """What of `kfp.dsl.Metrics` is used here."""

    @property
    def path(self) -> str: ...

    def log_metric(self, metric: str, value: float) -> None: ...


class Artifact(Protocol):
    """What of `kfp.dsl.Artifact` is used here; libraries do not import kfp."""

    uri: str

    @property
    def path(self) -> str: ...


def fetch_input(artifact: Artifact) -> Path:
    """The local file of an input; one in S3 is downloaded to a folder that goes when the process ends."""
    path = Path(artifact.path)
    if path.exists():
        return path
    if not artifact.uri.startswith("s3://"):
        raise StorageError(
            f"the result of an earlier stage is gone: {artifact.uri}",
            remedy="Run again without deleting files of a run that is under way.",
        )
    folder = Path(tempfile.mkdtemp(prefix="kubesplat-input-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    parent, name = artifact.uri.rsplit("/", 1)
    open_storage(parent).get_file(name, folder / name)
    return folder / name


def deliver_output(artifact: Artifact) -> None:
    """Call after the file at `artifact.path` was written, and before the stage returns."""
    target = os.environ.get(ARTIFACTS_VARIABLE, "").rstrip("/")
    if not target:
        return
    path = Path(artifact.path)
    # The local runner's paths end in [<turn of a loop>/]<task>/<artifact>: equal runs use equal names, and
    # nothing piles up.
    turn = path.parents[1].name
    name = f"{turn}/" * ("-iteration-" in turn) + f"{path.parent.name}/{path.name}"
    open_storage(target).put_file(path, name)
    path.unlink()
    artifact.uri = f"{target}/{name}"


def log_metrics(metrics: Metrics, values: Mapping[str, float | None]) -> None:
    """Log flat figures, named with their units; those that were not measured are left out.

    The file beside them is for Kubeflow's local cache, which takes an artifact without one for lost.
    """
    measured = {name: value for name, value in values.items() if value is not None}
    for name, value in measured.items():
        metrics.log_metric(name, value)
    write_json(Path(metrics.path), measured)
