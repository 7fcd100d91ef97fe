"""Training that went wrong ends while it runs, not with a bad file at the end."""

from __future__ import annotations

import math

import numpy as np
import torch

from components.shared.errors import TrainingDivergedError
from components.shared.image_metrics import psnr_db_of
from components.train.model.gaussians import MIN_OPACITY, NAMES, Gaussians
from components.train.scene.views import Photo

CHECK_EVERY = 25
"""Steps between checks: each waits for the device."""

_GAIN_DB = 1.0
_LEARNED_AFTER_STEPS, _LEARNED_AFTER = 200, 0.2
_MIN_ALIVE, _MIN_ALIVE_FRACTION = 100, 0.05
_REMEDY = (
    "Photos of a still scene with much overlap train well: look for moving subjects, mirrors, or photos of "
    "different places in one capture. With fewer --max-gaussians or other photos, run again."
)


class DivergenceDetector:
    """Looks for NaN and infinity, for dying Gaussians, and for training that learns nothing."""

    def __init__(self, photos: list[Photo], steps: int, start_count: int) -> None:
        self.baseline_psnr_db = mean_color_psnr_db(photos)
        self._learned_from = max(_LEARNED_AFTER_STEPS, round(steps * _LEARNED_AFTER))
        self._steps = steps
        self._least = max(_MIN_ALIVE, round(_MIN_ALIVE_FRACTION * start_count))

    def check(self, step: int, loss: float, psnr_db: float, gaussians: Gaussians) -> None:
        """Loss and PSNR are running means over training photos.

        Raises:
            TrainingDivergedError: with the figures.
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
        alive = int((gaussians.opacities >= MIN_OPACITY).sum())
        if alive < self._least:
            raise diverged(
                step, f"{alive} of {len(gaussians)} Gaussians are visible; at least {self._least} should be"
            )

    def _check_learning(self, step: int, psnr_db: float, count: int) -> None:
        least = self.baseline_psnr_db + _GAIN_DB
        if (step >= self._learned_from or step >= self._steps) and psnr_db < least:
            raise diverged(
                step,
                f"nothing was learned: {count} Gaussians reach {psnr_db:.1f} dB on the photos; one "
                f"flat colour reaches {self.baseline_psnr_db:.1f} dB, and {least:.1f} dB are expected",
            )


def mean_color_psnr_db(photos: list[Photo]) -> float:
    """What painting every photo in the capture's mean colour would reach."""
    sums = np.zeros((2, 3))
    pixels = 0
    for photo in photos:
        values = photo.pixels.float().reshape(-1, 3) / 255.0
        sums += torch.stack([values.sum(0), values.square().sum(0)]).double().cpu().numpy()
        pixels += len(values)
    mean, mean_of_squares = sums / pixels
    return psnr_db_of(float((mean_of_squares - mean**2).mean()))


def diverged(step: int, what: str) -> TrainingDivergedError:
    """The failure of a training that went wrong, in one phrase."""
    return TrainingDivergedError(f"training diverged at step {step}: {what}", remedy=_REMEDY)
