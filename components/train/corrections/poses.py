"""Pose refinement: structure from motion's remaining errors, learned with the splats.

What moves is the scene before each camera, not the camera: so every rasterizer's gradients of means and
quaternions do, and none needs those of a camera. Colours keep the direction they are seen from; the angles
are small.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.shared.rasterize.quaternions import rotation_matrices
from components.shared.scene import Camera
from components.train.corrections.rows import Rows
from components.train.scene.views import Photo

_RATE, _FALL = 2e-3, 0.1
"""The greatest rate at the start, rad and viewing distances per step, and its factor at the end."""
_REACH = 0.2
"""How far a pose may go in all if it always goes one way: photos that come often take smaller steps."""
_TOWARDS_ZERO = 1e-3
"""Weight of the squares in the loss."""


class Poses:
    """Per training photo a rotation of its camera about its centre, then a shift of that centre.

    Both [3] in world axes: a rotation vector in rad, and scene units divided by `distance`, the typical
    distance of what the cameras see, so that equal figures move the picture about equally far. What all
    photos have in common would only move the scene away from the held-out photos: it is taken out.
    """

    def __init__(self, rows: Rows, centers: Tensor, distance: float) -> None:
        self._rows, self._centers, self._distance = rows, centers, distance
        self._common = _common_motions(centers / distance)
        self._rate = _RATE

    @classmethod
    def none(cls, photos: list[Photo], distance: float, device: torch.device) -> Poses:
        centers = np.array([photo.camera.center for photo in photos])
        rows = Rows(torch.zeros((len(photos), 6), device=device))
        return cls(rows, torch.tensor(centers, dtype=torch.float32, device=device), distance)

    @property
    def values(self) -> Tensor:
        """[P, 6]."""
        return self._rows.values

    def set_progress(self, step: int, steps: int, caution: float) -> None:
        visits = steps / len(self._rows)
        self._rate = caution * min(_RATE, _REACH / visits) * _FALL ** (step / steps)

    def move(self, tensors: dict[str, Tensor], index: int, row: Tensor) -> dict[str, Tensor]:
        """The Gaussians as photo `index` sees them from its pose corrected by `row` [6]."""
        turn = torch.cat([torch.ones_like(row[:1]), 0.5 * row[:3]])
        center = self._centers[index]
        means = tensors["means"] - center - self._distance * row[3:]
        return {
            **tensors,
            "means": means @ rotation_matrices(turn[None])[0].T + center,
            "quats": _multiply(turn / turn.norm(), tensors["quats"]),
        }

    @torch.no_grad()
    def step(self, index: int, gradient: Tensor) -> None:
        """One Adam step of photo `index` along the loss' gradient [6], then back to no common motion."""
        row = self._rows.values[index]
        self._rows.step(index, gradient + 2.0 * _TOWARDS_ZERO * row, self._rate)
        flat = self._rows.values.view(-1)
        flat.sub_(self._common @ (self._common.T @ flat))

    def camera(self, camera: Camera, index: int) -> Camera:
        """Where photo `index` was really taken from."""
        row = self._rows.values[index].double().cpu()
        turn = rotation_matrices(torch.cat([torch.ones(1), 0.5 * row[:3]])[None].double())[0].numpy()
        viewmat = np.eye(4)
        viewmat[:3, :3] = camera.viewmat[:3, :3] @ turn
        viewmat[:3, 3] = -viewmat[:3, :3] @ (camera.center + self._distance * row[3:].numpy())
        return Camera(viewmat, camera.K, camera.width, camera.height)

    def to_json(self, photos: list[Photo]) -> list[dict[str, Any]]:
        """How far each camera was moved, in degrees and scene units, and its corrected pose [3, 4]."""
        angles = torch.rad2deg(2.0 * torch.atan(0.5 * self.values[:, :3].norm(dim=1))).tolist()
        shifts = (self._distance * self.values[:, 3:].norm(dim=1)).tolist()
        poses = [self.camera(photo.camera, photo.index).viewmat[:3].tolist() for photo in photos]
        return [
            {"turned_deg": angle, "shifted": shift, "cam_from_world": pose}
            for angle, shift, pose in zip(angles, shifts, poses, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        return {**self._rows.state_dict(), "centers": self._centers, "distance": self._distance}

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> Poses:
        return cls(Rows.from_state_dict(saved, device), saved["centers"].to(device), saved["distance"])


def _multiply(turn: Tensor, quats: Tensor) -> Tensor:
    """Hamilton products [N, 4] of one quaternion [4] and many, wxyz."""
    w, x, y, z = turn.unbind()
    matrix = torch.stack([w, -x, -y, -z, x, w, -z, y, y, z, w, -x, z, -y, x, w]).view(4, 4)
    return quats @ matrix.T


def _common_motions(centers: Tensor) -> Tensor:
    """Orthonormal columns [6 P, at most 7]: all cameras shifted, turned about the middle, spread apart."""
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
