"""Artifacts between stages, on the local disk or in S3.

On a cluster, Kubeflow's launcher transfers artifacts, and these functions do nothing. The local runner
transfers nothing. With KUBESPLAT_ARTIFACTS=s3://bucket/prefix each stage stores its outputs there, passes on
their s3:// address and keeps no file on the disk.
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
from components.shared.storage import S3Address, is_s3, join, open_storage


class Metrics(Protocol):
    """The part of `kfp.dsl.Metrics` that is used here."""

    @property
    def path(self) -> str: ...

    def log_metric(self, metric: str, value: float) -> None: ...


class Artifact(Protocol):
    """The part of `kfp.dsl.Artifact` that is used here, since libraries do not import kfp."""

    uri: str

    @property
    def path(self) -> str: ...


def fetch_input(artifact: Artifact) -> Path:
    """The local file of an input.

    A file in S3 is downloaded to a folder that is deleted when the process ends.
    """
    path = Path(artifact.path)
    if path.exists():
        return path
    if not is_s3(artifact.uri):
        raise StorageError(
            f"the result of an earlier stage is missing: {artifact.uri}",
            remedy="Run again, and delete no files of a run that has not ended.",
        )
    folder = Path(tempfile.mkdtemp(prefix="kubesplat-input-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    address = S3Address.parse(artifact.uri)
    open_storage(str(address.parent)).get_file(address.name, folder / address.name)
    return folder / address.name


def deliver_output(artifact: Artifact) -> None:
    """Store an output in S3 if the environment says so; call it once the file is written."""
    target = os.environ.get(ARTIFACTS_VARIABLE, "")
    if not target:
        return
    path = Path(artifact.path)
    # The local runner's paths end in [<iteration of a loop>/]<task>/<artifact>. Equal runs use equal names,
    # so that artifacts are replaced and do not accumulate.
    iteration = path.parents[1].name
    name = f"{path.parent.name}/{path.name}"
    if "-iteration-" in iteration:
        name = f"{iteration}/{name}"
    open_storage(target).put_file(path, name)
    path.unlink()
    artifact.uri = join(target, name)


def log_metrics(metrics: Metrics, values: Mapping[str, float | None]) -> None:
    """Log metrics to the Kubeflow UI; names end with the unit, and values of None are left out.

    They are also written to the artifact's file, without which Kubeflow's local cache drops the artifact.
    """
    measured = {name: value for name, value in values.items() if value is not None}
    for name, value in measured.items():
        metrics.log_metric(name, value)
    write_json(Path(metrics.path), measured)
