"""`kubesplat evaluate`: the quality of a compressed scene, measured against its photos."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import common

if TYPE_CHECKING:
    from components.evaluate.measure import Measurement


def evaluate(
    scene: Annotated[
        Path, typer.Argument(metavar="SCENE", help="Posed photos: the tar of stage sfm, or its folder.")
    ],
    splat: Annotated[
        Path, typer.Argument(metavar="SPLAT", help="The Gaussians: the tar of stage train, or its folder.")
    ],
    sog: Annotated[Path, typer.Argument(metavar="SOG", help="The compressed scene to measure.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for report and viewer.")
    ],
    max_psnr_drop_db: common.MaxDrop = 1.0,
    debug: common.Debug = False,
) -> None:
    """Render a .sog from the poses of the held-out photos and compare the images with the photos.

    kubesplat evaluate work/sfm/scene work/train/splat scene.sog --output out/check

    `kubesplat run --work DIR` keeps the files of the stages.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        typer.echo(_evaluate_files(scene, splat, sog, output, max_psnr_drop_db))


def _evaluate_files(scene: Path, splat: Path, sog: Path, output: Path, max_psnr_drop_db: float) -> str:
    """Write report, viewer and measurements to `output`; return a sentence with the measurements.

    Raises:
        InputError: a file is missing or of another kind.
        QualityGateError: the compressed scene is not good enough; everything is written all the same.
    """
    from components.evaluate.evaluate import evaluate as evaluate_scene
    from components.evaluate.settings import EvaluateSettings
    from components.shared.contracts.evaluation import EVALUATION_FILE
    from components.shared.errors import InputError
    from components.shared.run_layout import REPORT_PAGE
    from pipelines.cli.display.stage_progress import stage_progress

    for path in (scene, splat, sog):
        if not path.exists():
            raise InputError(f"{path} does not exist", remedy="Check the path.")
    settings = EvaluateSettings(title=sog.stem, max_psnr_drop_db=max_psnr_drop_db)
    with tempfile.TemporaryDirectory(prefix="kubesplat-evaluate-") as folder:
        posed, trained = _unpacked(scene, Path(folder, "scene")), _unpacked(splat, Path(folder, "splat"))
        with stage_progress("evaluate") as on_progress:
            result = evaluate_scene(posed, trained, sog, output, settings, on_progress)
    return f"{_sentence(result)}\n{output / REPORT_PAGE}\n{output / EVALUATION_FILE}"


def _unpacked(path: Path, folder: Path) -> Path:
    """`path` itself if it is a folder; else the tar of a stage, unpacked into `folder`."""
    from components.shared.archive import unpack

    if path.is_dir():
        return path
    unpack(path, folder)
    return folder


def _sentence(result: Measurement) -> str:
    measured = {
        "PSNR {:.2f} dB": result.psnr_db,
        "SSIM {:.3f}": result.ssim,
        "LPIPS {:.3f}": result.lpips,
        "{:.2f} dB lost to compression": result.psnr_drop_db,
    }
    return ", ".join(text.format(value) for text, value in measured.items() if value is not None)
