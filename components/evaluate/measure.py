"""Image quality of the delivered scene on photos held out of training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from components.shared.contracts.evaluation import EvaluationInfo, ViewFigures
from components.shared.contracts.report import DeliveredFigures
from components.shared.errors import InputError, QualityGateError
from components.shared.image_metrics import displayed, psnr, ssim
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.rasterize.numba_backend.render import render
from components.shared.scene import Camera, Scene, View, fitted_size, load_image, load_mask
from components.shared.splats import Splats

PANEL_MAX_SIDE_PX = 480
"""Longer side of the images that the report shows."""

Distance = Callable[[np.ndarray, np.ndarray], float]
"""LPIPS of two images, uint8 [H, W, 3]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panels:
    """Images of one view for the report, shrunk to `PANEL_MAX_SIDE_PX`."""

    photo: np.ndarray
    """uint8 [h, w, 3]."""
    render: np.ndarray
    """Render of the delivered scene, uint8 [h, w, 3]."""
    error: np.ndarray
    """Absolute error, mean over the channels, [h, w] in [0, 1]; NaN where the photo is masked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredView:
    """Quality of one held-out view. PSNR and SSIM leave out masked pixels."""

    view: View
    psnr_db: float
    ssim: float
    lpips: float | None
    """None without LPIPS' weights."""
    trained_psnr_db: float
    """PSNR of the uncompressed scene."""
    panels: Panels


@dataclass(frozen=True, slots=True)
class Measurement:
    """Quality of the delivered scene; figures are means over the held-out views."""

    views: list[MeasuredView]

    @property
    def psnr_db(self) -> float:
        return float(np.mean([view.psnr_db for view in self.views]))

    @property
    def ssim(self) -> float:
        return float(np.mean([view.ssim for view in self.views]))

    @property
    def lpips(self) -> float | None:
        values = [view.lpips for view in self.views if view.lpips is not None]
        return float(np.mean(values)) if values else None

    @property
    def trained_psnr_db(self) -> float:
        return float(np.mean([view.trained_psnr_db for view in self.views]))

    @property
    def psnr_drop_db(self) -> float:
        """PSNR of the uncompressed minus that of the delivered scene; below 0 if compression improved it."""
        return self.trained_psnr_db - self.psnr_db

    def figures(self) -> DeliveredFigures:
        """The part `delivered` of `report.json`."""
        return DeliveredFigures(
            psnr_db=_finite(self.psnr_db),
            ssim=_finite(self.ssim),
            lpips=self.lpips,
            psnr_drop_db=_finite(self.psnr_drop_db),
        )

    def metrics(self) -> dict[str, float | None]:
        """Flat figures for Kubeflow."""
        return {
            "delivered_psnr_db": self.psnr_db,
            "delivered_ssim": self.ssim,
            "delivered_lpips": self.lpips,
            "psnr_drop_db": self.psnr_drop_db,
            "held_out_views": len(self.views),
        }

    def info(self) -> EvaluationInfo:
        """The content of `evaluation.json`."""
        views = [
            ViewFigures(
                name=each.view.name,
                psnr_db=_finite(each.psnr_db),
                ssim=_finite(each.ssim),
                lpips=each.lpips,
                trained_psnr_db=_finite(each.trained_psnr_db),
            )
            for each in self.views
        ]
        return EvaluationInfo(delivered=self.figures(), views=views)


def measure(
    scene: Scene,
    names: Sequence[str],
    delivered: Splats,
    trained: Splats,
    max_side_px: int,
    lpips: Distance | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Measurement:
    """Render the held-out photos `names` at training's size and compare the renders with the photos.

    Raises:
        InputError: a photo is not in the scene, or no photo is held out.
    """
    measured: list[MeasuredView] = []
    for view in _held_out_views(scene, names):
        on_progress(Progress("compare held-out views", len(measured) / len(names), view.name))
        photo = load_image(scene, view, max_side_px=max_side_px)
        camera = view.camera.scaled(photo.shape[1], photo.shape[0])
        mask = load_mask(scene, view, camera.width, camera.height)
        image = render_image(delivered, camera)
        measured.append(
            MeasuredView(
                view=view,
                psnr_db=psnr(image, photo, mask),
                ssim=ssim(image, photo, mask),
                lpips=lpips(image, photo) if lpips else None,
                trained_psnr_db=psnr(render_image(trained, camera), photo, mask),
                panels=_panels(photo, image, mask),
            )
        )
    return Measurement(measured)


def check_gates(measurement: Measurement, *, max_psnr_drop_db: float, min_psnr_db: float) -> None:
    """Raise a QualityGateError if the delivered scene does not meet the gates; NaN meets none."""
    if not measurement.psnr_db >= min_psnr_db:
        raise QualityGateError(
            f"the scene does not look like its photos: held-out views have a PSNR of "
            f"{measurement.psnr_db:.1f} dB, and at least {min_psnr_db:g} dB are needed",
            remedy="Train longer (--steps) or with more Gaussians (--max-gaussians). If that does not help, "
            "take sharper photos that overlap more.",
        )
    if not measurement.psnr_drop_db <= max_psnr_drop_db:
        raise QualityGateError(
            f"compression costs too much quality: {measurement.psnr_drop_db:.2f} dB of PSNR, "
            f"and at most {max_psnr_drop_db:g} dB are allowed",
            remedy="If the scene looks right to you, allow more with --max-psnr-drop-db; "
            "otherwise use the uncompressed scene.ply.",
        )


def render_image(splats: Splats, camera: Camera, background: Sequence[float] = (0.0, 0.0, 0.0)) -> np.ndarray:
    """Rendered image, uint8 [H, W, 3] sRGB, composited over `background`, sRGB in [0, 1]."""
    return displayed(render(splats, camera, background=background))


def _held_out_views(scene: Scene, names: Sequence[str]) -> list[View]:
    views = {view.name: view for view in scene.views}
    missing = [name for name in names if name not in views]
    if missing or not names:
        problem = f"{missing[0]} is not among its photos" if missing else "no photo was held out of training"
        raise InputError(
            f"the scene cannot be measured: {problem}",
            remedy="Give the scene that these Gaussians were trained on, and their own training.json.",
        )
    return [views[name] for name in names]


def _panels(photo: np.ndarray, image: np.ndarray, mask: np.ndarray | None) -> Panels:
    error = np.abs(photo.astype(np.float32) - image).mean(axis=2) / 255.0
    if mask is not None:
        error[~mask] = np.nan
    size = fitted_size(photo.shape[1], photo.shape[0], PANEL_MAX_SIDE_PX)
    return Panels(photo=_shrink(photo, size), render=_shrink(image, size), error=_shrink(error, size))


def _shrink(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))


def _finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
