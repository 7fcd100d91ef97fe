"""Structure from motion: from an unpacked capture to an unpacked scene."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from components.sfm.run_worker import Job, run_worker
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import SCENE_FILE, SceneInfo
from components.shared.files import atomic_folder
from components.shared.progress import OnProgress, ignore_progress


def reconstruct(
    capture: Path,
    scene: Path,
    settings: SfmSettings,
    on_progress: OnProgress = ignore_progress,
    snapshots: str = "",
) -> SceneInfo:
    """Read the folder `capture`, write the folder `scene`, and return the content of its `scene.json`.

    `scene` appears whole or not at all; an existing folder is replaced. The capture is not changed. Features
    and matches are kept in `snapshots`, a folder or s3:// prefix, until the scene is there: the same call
    goes on from them after a kill.

    Raises:
        ReconstructionError: a gate is not met.
        OutOfMemoryError: the system killed the worker process.
        StorageError: the disk is full.
        InternalError: COLMAP aborted.
    """
    with atomic_folder(scene) as temporary, TemporaryDirectory(prefix="kubesplat-sfm-") as name:
        folder = Path(name)
        scratch = folder / "scratch"
        scratch.mkdir()
        run_worker(Job(capture, temporary, scratch, settings, snapshots), folder, on_progress)
        return SceneInfo.read(temporary / SCENE_FILE)
