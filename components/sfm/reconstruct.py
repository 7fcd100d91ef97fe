"""A capture in, a posed, undistorted, upright scene out."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components.sfm.report_figures import report_figures
from components.sfm.run_worker import run_worker
from components.sfm.settings import SfmSettings
from components.shared.archive import pack, unpack
from components.shared.files import read_json
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.scene import SCENE_FILE


@dataclass(frozen=True, slots=True)
class SfmResult:
    """The content of `scene.json`."""

    info: dict[str, Any]

    def figures(self) -> dict[str, Any]:
        """The `sfm` part of `report.json`."""
        return report_figures(self.info)

    def metrics(self) -> dict[str, float | None]:
        """Flat figures with their unit in the name."""
        return {
            "registered_images": self.info["registered"],
            "registered_fraction": self.info["registered_fraction"],
            "points": self.info["points"],
            "reprojection_error_px": self.info["reprojection_error_px"],
        }


def reconstruct(
    capture: Path, scene: Path, settings: SfmSettings, on_progress: OnProgress = ignore_progress
) -> SfmResult:
    """Read a capture archive, write a scene archive.

    Raises:
        ReconstructionError: too few photos found their place, or too few points were found.
        OutOfMemoryError: the system killed the work.
        InternalError: COLMAP aborted.
    """
    with tempfile.TemporaryDirectory(prefix="kubesplat-sfm-") as name:
        folder = Path(name)
        on_progress(Progress("unpack", 0.0))
        unpack(capture, folder / "capture")
        job: dict[str, Any] = {"settings": asdict(settings)}
        for part in ("capture", "scene", "scratch"):
            (folder / part).mkdir(exist_ok=True)
            job[part] = str(folder / part)
        run_worker(job, folder, on_progress)
        pack(folder / "scene", scene)
        return SfmResult(read_json(folder / "scene" / SCENE_FILE))
