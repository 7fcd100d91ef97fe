"""Measure files of single stages, as they come from `kubesplat run --work`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from components.evaluate.evaluate import EVALUATION, REPORT, EvaluateResult
from components.evaluate.evaluate import evaluate as evaluate_scene
from components.evaluate.settings import EvaluateSettings
from components.shared.archive import pack
from components.shared.errors import InputError
from pipelines.cli.stage_progress import stage_progress


def evaluate_files(scene: Path, splat: Path, sog: Path, output: Path, max_psnr_drop_db: float) -> str:
    """Write report, viewer and figures to `output`; return a sentence with the figures.

    Raises:
        InputError: a file is missing or of another kind.
        QualityGateError: the compressed scene is not good enough; everything is written all the same.
    """
    for path in (scene, splat, sog):
        if not path.exists():
            raise InputError(f"{path} does not exist", remedy="Check the path.")
    settings = EvaluateSettings(title=sog.stem, max_psnr_drop_db=max_psnr_drop_db)
    with tempfile.TemporaryDirectory(prefix="kubesplat-evaluate-") as folder:
        posed, trained = (_archive(path, Path(folder)) for path in (scene, splat))
        with stage_progress("evaluate") as on_progress:
            result = evaluate_scene(posed, trained, sog, output, settings, on_progress)
    return f"{_sentence(result)}\n{output / REPORT}\n{output / EVALUATION}"


def _archive(path: Path, scratch: Path) -> Path:
    """The tar that a stage wrote, also from the folder that somebody unpacked."""
    if path.is_file():
        return path
    archive = scratch / f"{len(list(scratch.iterdir()))}.tar"
    pack(path, archive)
    return archive


def _sentence(result: EvaluateResult) -> str:
    words = {
        "PSNR {:.2f} dB": result.measurement.psnr_db,
        "SSIM {:.3f}": result.measurement.ssim,
        "LPIPS {:.3f}": result.measurement.lpips,
        "{:.2f} dB lost to compression": result.measurement.psnr_drop_db,
    }
    return ", ".join(text.format(value) for text, value in words.items() if value is not None)
