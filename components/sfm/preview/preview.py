"""Entry point: an unpacked capture -> the registration that is expected of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from components.sfm.preview.expected import EXPECTED_FILE, ExpectedRegistration
from components.sfm.run_worker import Job, run_worker
from components.sfm.settings import SfmSettings
from components.shared.progress import OnProgress, ignore_progress


def preview(
    capture: Path, settings: SfmSettings, on_progress: OnProgress = ignore_progress
) -> ExpectedRegistration:
    """Match small images of the photos in the folder `capture`, which is not changed.

    Raises:
        OutOfMemoryError: the system killed the worker process.
        StorageError: the disk is full.
        InternalError: COLMAP aborted.
    """
    with TemporaryDirectory(prefix="kubesplat-preview-") as name:
        folder = Path(name)
        scratch, result = folder / "scratch", folder / "result"
        scratch.mkdir()
        result.mkdir()
        job = Job(capture, result, scratch, settings)
        run_worker(job, folder, on_progress, module="components.sfm.preview.worker")
        return ExpectedRegistration.read(result / EXPECTED_FILE)
