"""What the steps since the last refinement say about each Gaussian."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class Evidence:
    """Sums over the views of those steps, each float32 [N].

    pulls: how strongly the loss moves it on the image, in gradients per px times the longer side;
    errors: the pictures' absolute error, and contributions: the pictures, each as far as it is its own, px
    (zeros where the step does not measure them).
    """

    pulls: Tensor
    errors: Tensor
    contributions: Tensor

    @classmethod
    def none(cls, count: int, device: torch.device) -> Evidence:
        return cls(*torch.zeros((3, count), device=device))

    @classmethod
    def from_tensor(cls, rows: Tensor) -> Evidence:
        return cls(*rows.clone())

    def to_tensor(self) -> Tensor:
        """[3, N]."""
        return torch.stack([self.pulls, self.errors, self.contributions])

    def keep(self, rows: Tensor) -> Evidence:
        """Of some Gaussians, by a mask or an index list."""
        return Evidence(self.pulls[rows], self.errors[rows], self.contributions[rows])
