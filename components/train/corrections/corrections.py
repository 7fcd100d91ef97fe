"""Per-photo parameters of a training: exposures and poses of the training photos."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.shared.contracts.training import LearnedCorrections
from components.shared.scene import Scene
from components.train.corrections.compare_photos import Comparison, compare_photos
from components.train.corrections.exposure import Exposure, expose, exposed_background
from components.train.corrections.poses import Poses
from components.train.scene.scene_scale import compute_viewing_distance
from components.train.scene.views import TrainingView
from components.train.settings import TrainSettings

_MIN_DIFFERENCE = 0.05
"""Median difference of neighbouring photos in log gain from which `exposure=auto` is on.

Measured: 0.01 in a room of 252 photos of one exposure, 0.04 with every third of them (differences of gloss
and shading), 0.09 around a castle with automatic exposure.
"""


@dataclass(slots=True)
class Corrections:
    """One row per training photo, by `TrainingView.index`; None: not corrected."""

    exposure: Exposure | None = None
    poses: Poses | None = None

    def set_progress(self, step: int, steps: int, lr_scale: float) -> None:
        """Set the learning rates at `step` of `steps`; `lr_scale` multiplies them."""
        for each in (self.exposure, self.poses):
            if each:
                each.set_progress(step, steps, lr_scale)

    def of(self, photo: TrainingView) -> PhotoCorrections:
        """Those of one photo; held-out photos have none."""
        return (
            PhotoCorrections(Corrections(), 0) if photo.index is None else PhotoCorrections(self, photo.index)
        )

    def learned(self, photos: list[TrainingView]) -> list[LearnedCorrections] | None:
        """One entry per training photo; None where nothing was corrected."""
        parts = [each.describe(photos) for each in (self.exposure, self.poses) if each]
        if not parts:
            return None
        names = ({"name": photo.name} for photo in photos)
        return [
            LearnedCorrections.model_validate(dict(ChainMap(*entries)))
            for entries in zip(*parts, names, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        return {
            "exposure": self.exposure and self.exposure.state_dict(),
            "poses": self.poses and self.poses.state_dict(),
        }

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> Corrections:
        exposure, poses = saved["exposure"], saved["poses"]
        return cls(
            exposure=exposure and Exposure.from_state_dict(exposure, device),
            poses=poses and Poses.from_state_dict(poses, device),
        )


class PhotoCorrections:
    """Corrections of one training photo in one step by autograd."""

    def __init__(self, corrections: Corrections, index: int) -> None:
        self._corrections, self._index = corrections, index
        self._exposure = _leaf(corrections.exposure, index)
        self._pose = _leaf(corrections.poses, index)

    def move(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """The Gaussians, moved as if the photo were taken from its corrected pose."""
        poses = self._corrections.poses
        return (
            tensors if poses is None or self._pose is None else poses.move(tensors, self._index, self._pose)
        )

    def expose(self, image: Tensor) -> Tensor:
        """The rendered image [H, W, 3] in the photo's exposure."""
        return image if self._exposure is None else expose(image, self._exposure)

    def expose_background(self, background: Tensor | None) -> Tensor | None:
        """The background [3] to composite the photo over; None: black."""
        if self._exposure is None:
            return background
        return exposed_background(background, self._exposure.detach())

    def step(self) -> None:
        """One Adam step along the gradients of `backward()`."""
        for correction, row in (
            (self._corrections.exposure, self._exposure),
            (self._corrections.poses, self._pose),
        ):
            if correction and row is not None:
                assert row.grad is not None, "the loss does not depend on the photo's corrections"
                correction.step(self._index, row.grad)


def _leaf(correction: Exposure | Poses | None, index: int) -> Tensor | None:
    return None if correction is None else correction.values[index].clone().requires_grad_(True)


def start_corrections(
    scene: Scene, photos: list[TrainingView], settings: TrainSettings, device: torch.device
) -> Corrections:
    """Corrections at step 0; `photos` are the training photos, at any size."""
    return Corrections(
        exposure=_start_exposure(scene, photos, settings.exposure, device),
        poses=Poses.zeros(photos, compute_viewing_distance(scene), device) if settings.refine_poses else None,
    )


def _start_exposure(
    scene: Scene, photos: list[TrainingView], exposure: str, device: torch.device
) -> Exposure | None:
    if exposure == "off":
        return None
    comparison = compare_photos(scene, photos)
    if exposure == "auto" and not differ(comparison):
        return None
    return Exposure.starting_at(torch.tensor(comparison.log_gains, dtype=torch.float32, device=device))


def differ(comparison: Comparison) -> bool:
    """Whether exposure or white balance differ between the photos."""
    differences = comparison.differences
    return len(differences) > 0 and float(np.median(differences)) > _MIN_DIFFERENCE
