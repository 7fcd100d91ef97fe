"""The parameters that training photos have of their own, as part of a training's state."""

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
from components.train.scene.scene_scale import scene_extent, viewing_distance
from components.train.scene.views import Photo
from components.train.settings import TrainSettings

_MIN_DIFFERENCE = 0.05
"""Median difference of neighbouring photos, in log gain, from which they count as differently exposed.

Measured: 0.01 in a room of 252 photos of one exposure, 0.04 with each third of them (what is left are gloss
and shade), 0.09 around a castle with automatic exposure.
"""


@dataclass(slots=True)
class Corrections:
    """Rows follow `Photo.index`; None means that nothing is corrected."""

    exposure: Exposure | None = None
    poses: Poses | None = None

    def set_progress(self, step: int, steps: int, caution: float) -> None:
        """How much of the run is done, and the factor of all rates."""
        for each in (self.exposure, self.poses):
            if each:
                each.set_progress(step, steps, caution)

    def of(self, photo: Photo) -> PhotoCorrections:
        return PhotoCorrections(self, photo.index)

    def learned(self, photos: list[Photo]) -> list[LearnedCorrections] | None:
        """One entry per training photo; None where nothing was corrected."""
        parts = [each.to_json(photos) for each in (self.exposure, self.poses) if each]
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
    """One training photo's corrections within one step by autograd."""

    def __init__(self, corrections: Corrections, index: int) -> None:
        self._corrections, self._index = corrections, index
        self._exposure = _leaf(corrections.exposure, index)
        self._pose = _leaf(corrections.poses, index)

    def move(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """The Gaussians as they lie before the photo's corrected pose."""
        poses = self._corrections.poses
        return (
            tensors if poses is None or self._pose is None else poses.move(tensors, self._index, self._pose)
        )

    def expose(self, image: Tensor) -> Tensor:
        """The picture [H, W, 3] in the photo's exposure."""
        return image if self._exposure is None else expose(image, self._exposure)

    def expose_background(self, background: Tensor | None) -> Tensor | None:
        """What the photo is to be seen over, where it is transparent; [3], None is black."""
        if self._exposure is None:
            return background
        return exposed_background(background, self._exposure.detach())

    def step(self) -> None:
        """Along the gradients that `backward()` left."""
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
    scene: Scene, photos: list[Photo], settings: TrainSettings, device: torch.device
) -> Corrections:
    """For the photos trained on, of any size."""
    distance = viewing_distance(scene) or scene_extent(scene)
    return Corrections(
        exposure=_start_exposure(scene, photos, settings.exposure, device),
        poses=Poses.none(photos, distance, device) if settings.refine_poses else None,
    )


def _start_exposure(
    scene: Scene, photos: list[Photo], exposure: str, device: torch.device
) -> Exposure | None:
    if exposure == "off":
        return None
    comparison = compare_photos(scene, photos)
    if exposure == "auto" and not differ(comparison):
        return None
    return Exposure.starting_at(torch.tensor(comparison.log_gains, dtype=torch.float32, device=device))


def differ(comparison: Comparison) -> bool:
    """Whether the photos' exposure or white balance changed between them."""
    differences = comparison.differences
    return len(differences) > 0 and float(np.median(differences)) > _MIN_DIFFERENCE
