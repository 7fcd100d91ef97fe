"""What a Gaussian and its copies must be, to look together as the one did."""

from __future__ import annotations

from functools import cache
from math import comb, sqrt

import torch
from torch import Tensor

from components.train.model.gaussians import MIN_OPACITY

MOST = 51
"""More at one place count as so many."""
_OPAQUE = 1.0 - 1e-6


def share(logits: Tensor, log_scales: Tensor, counts: Tensor) -> dict[str, Tensor]:
    """Opacities (logits [N]) and log scales [N, 3] of each of `counts` [N] equal Gaussians in place of one.

    In their middle they cover as much as the one did: (1 - o')ⁿ = 1 - o. With scales times
    o / Σⱼ C(n, j) (-1)ʲ⁺¹ o'ʲ / √j, j = 1…n, they also cover as much in all along a line through it. That is
    equation 9 of the paper, whose inner sums of binomials have a closed form.
    """
    counts = counts.clamp(max=MOST)
    old = torch.sigmoid(logits.double())
    new = -torch.expm1(torch.log1p(-old.clamp(max=_OPAQUE)) / counts)
    powers = new[:, None] ** torch.arange(1, MOST + 1, device=new.device)
    terms = torch.tensor(_terms(), dtype=torch.float64, device=new.device)
    narrowing = old / (terms[counts] * powers).sum(dim=1)
    return {
        "opacities": torch.logit(new.clamp(MIN_OPACITY, _OPAQUE)).to(logits.dtype),
        "scales": log_scales + narrowing.log()[:, None].to(log_scales.dtype),
    }


@cache
def _terms() -> list[list[float]]:
    """Factors of the powers 1…MOST of the new opacity, by the number of Gaussians."""
    return [
        [comb(count, j) * (-1) ** (j + 1) / sqrt(j) for j in range(1, MOST + 1)] for count in range(MOST + 1)
    ]
