"""What the steps since the last refinement say about each Gaussian."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class Evidence:
    """Sums over the views of those steps, each float32 [N].

    pulls: how strongly the loss moves it on the image, in gradients per px times the longer side;
    errors: the pictures' absolute error as far as it is its own, px (ones where the step measures none).
    """

    pulls: Tensor
    errors: Tensor

    @property
    def scores(self) -> Tensor:
        """How much a split would help: where the loss pulls and the picture is wrong."""
        return (self.pulls * self.errors).sqrt()

    @classmethod
    def none(cls, count: int, device: torch.device) -> Evidence:
        return cls(*torch.zeros((2, count), device=device))

    @classmethod
    def from_tensor(cls, rows: Tensor) -> Evidence:
        return cls(*rows.clone())

    def to_tensor(self) -> Tensor:
        """[2, N]."""
        return torch.stack([self.pulls, self.errors])

    def keep(self, rows: Tensor) -> Evidence:
        """Of some Gaussians, by a mask or an index list."""
        return Evidence(self.pulls[rows], self.errors[rows])
