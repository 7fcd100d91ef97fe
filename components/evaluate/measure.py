"""How well what is delivered reproduces photos that training never saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from components.shared.errors import InputError, QualityGateError
from components.shared.image_metrics import psnr, ssim
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.rasterize.numba_backend.render import render
from components.shared.scene import Camera, Scene, View, fitted_size, load_image, load_mask
from components.shared.splats import Splats

PANEL_MAX_SIDE_PX = 480
"""Pictures for the report are kept at this size."""

Distance = Callable[[np.ndarray, np.ndarray], float]
"""LPIPS of two uint8 images."""


@dataclass(frozen=True, slots=True)
class Panels:
    """Small pictures for the report: uint8 [h, w, 3], and the mean absolute error [h, w] in [0, 1].

    The error is NaN where the photo is masked.
    """

    photo: np.ndarray
    shown: np.ndarray
    error: np.ndarray


@dataclass(frozen=True, slots=True)
class MeasuredView:
    """One held-out photo against the delivered file, and its PSNR before compression."""

    view: View
    psnr_db: float
    ssim: float
    lpips: float | None
    trained_psnr_db: float
    panels: Panels


@dataclass(frozen=True, slots=True)
class Measurement:
    """Means over the held-out views."""

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
        """What compression cost; below 0 if it happened to help."""
        return self.trained_psnr_db - self.psnr_db

    @property
    def best(self) -> MeasuredView:
        return max(self.views, key=lambda view: view.psnr_db)

    def figures(self) -> dict[str, float | None]:
        """The `delivered` part of `report.json`."""
        names = ("psnr_db", "ssim", "lpips", "psnr_drop_db")
        return {name: getattr(self, name) for name in names}

    def to_json(self) -> dict[str, Any]:
        """The content of `evaluation.json`."""
        names = ("psnr_db", "ssim", "lpips", "trained_psnr_db")
        views = [
            {"name": each.view.name, **{name: getattr(each, name) for name in names}} for each in self.views
        ]
        return {"schema": 1, "delivered": self.figures(), "views": views}


def measure(
    scene: Scene,
    names: Sequence[str],
    delivered: Splats,
    trained: Splats,
    max_side_px: int,
    lpips: Distance | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Measurement:
    """Compare the held-out photos of these names, at the size that training saw, with renders.

    Raises:
        InputError: there is no such photo, or none is held out.
    """
    measured: list[MeasuredView] = []
    for view in _held_out(scene, names):
        on_progress(Progress("compare held-out views", len(measured) / len(names), view.name))
        photo = load_image(scene, view, max_side_px=max_side_px)
        camera = view.camera.scaled(photo.shape[1], photo.shape[0])
        believed = load_mask(scene, view, camera.width, camera.height)
        shown = picture(delivered, camera)
        measured.append(
            MeasuredView(
                view,
                psnr(shown, photo, believed),
                ssim(shown, photo, believed),
                lpips(shown, photo) if lpips else None,
                psnr(picture(trained, camera), photo, believed),
                _panels(photo, shown, believed),
            )
        )
    return Measurement(measured)


def check_gates(measurement: Measurement, *, max_psnr_drop_db: float, min_psnr_db: float) -> None:
    """Raise a QualityGateError if what would be delivered is not good enough."""
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


def picture(splats: Splats, camera: Camera, background: Sequence[float] = (0.0, 0.0, 0.0)) -> np.ndarray:
    """What a viewer shows: uint8 [H, W, 3] sRGB."""
    image = np.clip(render(splats, camera, background=background), 0.0, 1.0)
    return np.asarray(np.round(image * 255.0), np.uint8)


def _held_out(scene: Scene, names: Sequence[str]) -> list[View]:
    views = {view.name: view for view in scene.views}
    missing = [name for name in names if name not in views]
    if missing or not names:
        problem = f"{missing[0]} is not among its photos" if missing else "no photo was held out of training"
        raise InputError(
            f"the scene cannot be measured: {problem}",
            remedy="Give the scene that these Gaussians were trained on, and their own training.json.",
        )
    return [views[name] for name in names]


def _panels(photo: np.ndarray, shown: np.ndarray, believed: np.ndarray | None) -> Panels:
    error = np.abs(photo.astype(np.float32) - shown).mean(axis=2) / 255.0
    if believed is not None:
        error[~believed] = np.nan
    size = fitted_size(photo.shape[1], photo.shape[0], PANEL_MAX_SIDE_PX)
    return Panels(*(_shrink(image, size) for image in (photo, shown, error)))


def _shrink(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))
