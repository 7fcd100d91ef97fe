"""Detection of divergence during training: NaN, collapse, and no learning."""

from __future__ import annotations

import math

import numpy as np
import torch

from components.shared.errors import TrainingDivergedError
from components.shared.image_metrics import psnr_db_of
from components.train.model.gaussians import MIN_OPACITY, NAMES, Gaussians
from components.train.scene.views import TrainingView

_MIN_GAIN_DB = 1.0
"""Least PSNR above that of flat images."""
_LEARNED_AFTER_STEPS, _LEARNED_AFTER_FRACTION = 200, 0.2
"""The later of both counts."""
_MIN_VISIBLE, _MIN_VISIBLE_FRACTION = 100, 0.05
"""Gaussians, and fraction of those at the start; the larger counts."""
_REMEDY = (
    "Photos of a still scene with much overlap train well: look for moving subjects, mirrors, or photos of "
    "different places in one capture. With fewer --max-gaussians or other photos, run again."
)


class DivergenceDetector:
    """Checks for values that are not finite, vanishing Gaussians, and training that learns nothing."""

    def __init__(self, photos: list[TrainingView], steps: int, start_count: int) -> None:
        self.flat_psnr_db = measure_flat_psnr_db(photos)
        self._learned_from = max(_LEARNED_AFTER_STEPS, round(steps * _LEARNED_AFTER_FRACTION))
        self._steps = steps
        self._min_visible = max(_MIN_VISIBLE, round(_MIN_VISIBLE_FRACTION * start_count))

    def check(self, step: int, loss: float, psnr_db: float, gaussians: Gaussians) -> None:
        """`loss` and `psnr_db` are of running means over training photos.

        Raises:
            TrainingDivergedError: the message has value and limit.
        """
        if not math.isfinite(loss):
            raise diverged(step, f"the loss is {loss}")
        self._check_values(step, gaussians)
        self._check_count(step, gaussians)
        self._check_learning(step, psnr_db, len(gaussians))

    def _check_values(self, step: int, gaussians: Gaussians) -> None:
        broken = torch.stack([(~torch.isfinite(gaussians[name])).sum() for name in NAMES]).tolist()
        for name, count in zip(NAMES, broken, strict=True):
            if count:
                raise diverged(step, f"{count} values of {name} are not finite")

    def _check_count(self, step: int, gaussians: Gaussians) -> None:
        visible = int((gaussians.opacities >= MIN_OPACITY).sum())
        if visible < self._min_visible:
            raise diverged(
                step,
                f"{visible} of {len(gaussians)} Gaussians are visible; "
                f"at least {self._min_visible} should be",
            )

    def _check_learning(self, step: int, psnr_db: float, count: int) -> None:
        least = self.flat_psnr_db + _MIN_GAIN_DB
        if (step >= self._learned_from or step >= self._steps) and psnr_db < least:
            raise diverged(
                step,
                f"nothing was learned: {count} Gaussians reach {psnr_db:.1f} dB on the photos; one "
                f"flat colour reaches {self.flat_psnr_db:.1f} dB, and {least:.1f} dB are expected",
            )


def measure_flat_psnr_db(photos: list[TrainingView]) -> float:
    """PSNR in dB of flat images in the mean colour of all photos."""
    sums = np.zeros((2, 3))
    pixels = 0
    for photo in photos:
        values = photo.pixels.float().reshape(-1, 3) / 255.0
        sums += torch.stack([values.sum(0), values.square().sum(0)]).double().cpu().numpy()
        pixels += len(values)
    mean, mean_of_squares = sums / pixels
    return psnr_db_of(float((mean_of_squares - mean**2).mean()))


def diverged(step: int, what: str) -> TrainingDivergedError:
    """The error of a training that diverged; `what` completes the message."""
    return TrainingDivergedError(f"training diverged at step {step}: {what}", remedy=_REMEDY)
