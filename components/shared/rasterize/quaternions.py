"""Rotations as quaternions wxyz of any length, in torch."""

from __future__ import annotations

import torch
from torch import Tensor


def rotation_matrices(quats: Tensor) -> Tensor:
    """Rotation matrices [N, 3, 3] of quaternions [N, 4]."""
    w, x, y, z = torch.nn.functional.normalize(quats, dim=1).unbind(1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def rotate(quats: Tensor, vectors: Tensor) -> Tensor:
    """Vectors [N, 3] rotated by quaternions [N, 4]."""
    quats = torch.nn.functional.normalize(quats, dim=1)
    w, axes = quats[:, :1], quats[:, 1:]
    cross = 2.0 * torch.linalg.cross(axes, vectors)
    return vectors + w * cross + torch.linalg.cross(axes, cross)
