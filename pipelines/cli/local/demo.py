"""The demo: render a capture, run the pipeline on it, compare the poses with the ground truth."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console

from components.shared.archive import unpack
from components.shared.run_layout import COLMAP_MODEL, PRIVATE_FOLDER
from components.shared.scene import SPARSE_FOLDER
from components.shared.storage import is_s3, local_path
from demo_capture.capture import render_demo_capture
from demo_capture.truth import DemoTruth
from pipelines.cli.check_job import check_output, check_output_address
from pipelines.cli.display.stage_progress import stage_progress
from pipelines.cli.failure import wrong_usage
from pipelines.cli.local.run import run_and_report
from pipelines.cli.options.given_settings import GivenSettings

CAPTURE_FOLDER = "capture"
TRUTH_FILE = "truth.json"


def run_demo(output: str, settings: GivenSettings, *, debug: bool = False) -> None:
    """Run the demo in the folder `output`, which gets the capture, the results, and the ground truth."""
    if is_s3(output):
        raise wrong_usage(f"{output} is no folder; the demo keeps its photos beside the results", "--output")
    check_output_address(output, "--output")
    folder = local_path(output)
    settings.parameters()
    check_output(output, str(folder / CAPTURE_FOLDER))
    truth = _capture(folder)
    run_and_report(str(folder / CAPTURE_FOLDER), output, settings, debug=debug)
    error = truth.pose_error(_viewmats(folder / COLMAP_MODEL))
    Console(highlight=False).print(
        f"\n  Pose error against the ground truth: {error.rotation_degrees:.3f}° and "
        f"{error.center_fraction:.3%} of the distance between the cameras (medians).",
        soft_wrap=True,
    )


def _capture(folder: Path) -> DemoTruth:
    """Render the capture; keep that of an interrupted run, so that the run can resume."""
    photos, truth_file = folder / CAPTURE_FOLDER, folder / TRUTH_FILE
    if (folder / PRIVATE_FOLDER).exists() and truth_file.exists():
        return DemoTruth.load(truth_file)
    shutil.rmtree(photos, ignore_errors=True)
    with stage_progress("render") as on_progress:
        truth = render_demo_capture(photos, on_progress=on_progress)
    truth.save(truth_file)
    return truth


def _viewmats(model: Path) -> dict[str, np.ndarray]:
    """cam_from_world [4, 4] of each registered photo of a published COLMAP model."""
    import pycolmap

    with tempfile.TemporaryDirectory() as folder:
        unpack(model, Path(folder))
        images = pycolmap.Reconstruction(str(Path(folder) / SPARSE_FOLDER)).images.values()
    return {
        image.name: np.vstack([image.cam_from_world().matrix(), [0.0, 0.0, 0.0, 1.0]])
        for image in images
        if image.has_pose
    }
