"""Pose refinement: corrections of the training photos' poses, learned with the Gaussians.

A pose correction is applied to the Gaussians, not to the camera: rasterizers need no gradients of cameras.
View directions of the colours are not corrected; the angles are small.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.shared.rasterize.quaternions import rotation_matrices
from components.shared.scene import Camera
from components.train.corrections.rows import Rows
from components.train.scene.views import TrainingView

_MAX_LR, _FINAL_LR_FACTOR = 2e-3, 0.1
"""Largest initial learning rate, rad and viewing distances, and its decay until the end."""
_MAX_CHANGE = 0.2
"""Limit of all steps of a photo together: photos that come often have a lower learning rate."""
_REGULARIZATION = 1e-3
"""Weight of the squares in the loss."""


class Poses:
    """A rotation of each training photo's camera about its centre, then a translation of the centre.

    Both are [3] in world axes: a rotation vector in rad, and scene units divided by the viewing distance
    `distance`, so that equal values move the rendered image about equally far. Motions that all cameras share
    are projected out: they would only move the scene away from the held-out photos.
    """

    def __init__(self, rows: Rows, centers: Tensor, distance: float) -> None:
        self._rows, self._centers, self._distance = rows, centers, distance
        self._common = _common_motions(centers / distance)
        self._lr = _MAX_LR

    @classmethod
    def zeros(cls, photos: list[TrainingView], distance: float, device: torch.device) -> Poses:
        centers = np.array([photo.camera.center for photo in photos])
        rows = Rows(torch.zeros((len(photos), 6), device=device))
        return cls(rows, torch.tensor(centers, dtype=torch.float32, device=device), distance)

    @property
    def values(self) -> Tensor:
        """[P, 6]."""
        return self._rows.values

    def set_progress(self, step: int, steps: int, lr_scale: float) -> None:
        """Set the learning rate at `step` of `steps`; `lr_scale` multiplies it."""
        visits = steps / len(self._rows)
        self._lr = lr_scale * min(_MAX_LR, _MAX_CHANGE / visits) * _FINAL_LR_FACTOR ** (step / steps)

    def move(self, tensors: dict[str, Tensor], index: int, row: Tensor) -> dict[str, Tensor]:
        """The Gaussians, moved as if photo `index` were taken from its pose corrected by `row` [6]."""
        rotation = torch.cat([torch.ones_like(row[:1]), 0.5 * row[:3]])
        center = self._centers[index]
        means = tensors["means"] - center - self._distance * row[3:]
        return {
            **tensors,
            "means": means @ rotation_matrices(rotation[None])[0].T + center,
            "quats": _multiply(rotation / rotation.norm(), tensors["quats"]),
        }

    @torch.no_grad()
    def step(self, index: int, gradient: Tensor) -> None:
        """One Adam step of photo `index` along the gradient [6]; then project out common motions."""
        row = self._rows.values[index]
        self._rows.step(index, gradient + 2.0 * _REGULARIZATION * row, self._lr)
        flat = self._rows.values.view(-1)
        flat.sub_(self._common @ (self._common.T @ flat))

    def camera(self, camera: Camera, index: int) -> Camera:
        """The camera of photo `index` at its corrected pose."""
        row = self._rows.values[index].double().cpu()
        rotation = rotation_matrices(torch.cat([torch.ones(1), 0.5 * row[:3]])[None].double())[0].numpy()
        viewmat = np.eye(4)
        viewmat[:3, :3] = camera.viewmat[:3, :3] @ rotation
        viewmat[:3, 3] = -viewmat[:3, :3] @ (camera.center + self._distance * row[3:].numpy())
        return Camera(viewmat, camera.K, camera.width, camera.height)

    def describe(self, photos: list[TrainingView]) -> list[dict[str, Any]]:
        """The fields of `LearnedCorrections`, per photo."""
        angles = torch.rad2deg(2.0 * torch.atan(0.5 * self.values[:, :3].norm(dim=1))).tolist()
        shifts = (self._distance * self.values[:, 3:].norm(dim=1)).tolist()
        poses = [self.camera(photo.camera, index).viewmat[:3].tolist() for index, photo in enumerate(photos)]
        return [
            {"turned_deg": angle, "shifted": shift, "cam_from_world": pose}
            for angle, shift, pose in zip(angles, shifts, poses, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        return {**self._rows.state_dict(), "centers": self._centers, "distance": self._distance}

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> Poses:
        return cls(Rows.from_state_dict(saved, device), saved["centers"].to(device), saved["distance"])


def _multiply(first: Tensor, quats: Tensor) -> Tensor:
    """Hamilton products [N, 4] of one quaternion [4] and many, wxyz."""
    w, x, y, z = first.unbind()
    matrix = torch.stack([w, -x, -y, -z, x, w, -z, y, y, z, w, -x, z, -y, x, w]).view(4, 4)
    return quats @ matrix.T


def _common_motions(centers: Tensor) -> Tensor:
    """Orthonormal basis [6 P, at most 7] of translations, rotations and scalings of all cameras together."""
    places = (centers - centers.mean(dim=0)).double()
    count = len(places)
    axes = torch.eye(3, dtype=places.dtype, device=places.device)
    motions = []
    for axis in axes:
        motions.append(torch.cat([torch.zeros_like(places), axis.expand(count, 3)], dim=1))
        motions.append(
            torch.cat([axis.expand(count, 3), torch.linalg.cross(axis.expand(count, 3), places)], dim=1)
        )
    motions.append(torch.cat([torch.zeros_like(places), places], dim=1))
    columns, sizes, _ = torch.linalg.svd(
        torch.stack([each.flatten() for each in motions], dim=1), full_matrices=False
    )
    return columns[:, sizes > 1e-6 * sizes[0]].float()
