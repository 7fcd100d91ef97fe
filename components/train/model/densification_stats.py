"""Densification statistics of each Gaussian since the last refinement."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class DensificationStats:
    """Sums over the views of the steps since the last refinement, float32 [N] each."""

    grad2d: Tensor
    """Norm of the gradient of the image-plane position, 1/px, times the image's longer side, px."""
    error: Tensor
    """Absolute error of the rendered image times the Gaussian's blending weight, summed over pixels; by
    autograd it is not measured, and each step adds 1."""

    @property
    def scores(self) -> Tensor:
        """Priority for a split, [N]: the geometric mean of `grad2d` and `error`."""
        return (self.grad2d * self.error).sqrt()

    @classmethod
    def zeros(cls, count: int, device: torch.device) -> DensificationStats:
        return cls(*torch.zeros((2, count), device=device))

    @classmethod
    def from_tensor(cls, rows: Tensor) -> DensificationStats:
        """From [2, N]."""
        return cls(*rows.clone())

    def to_tensor(self) -> Tensor:
        """[2, N]."""
        return torch.stack([self.grad2d, self.error])

    def keep(self, rows: Tensor) -> DensificationStats:
        """The statistics of some Gaussians, by a mask [N] or indices."""
        return DensificationStats(self.grad2d[rows], self.error[rows])
