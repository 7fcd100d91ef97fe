"""MCMC densification (Kheradmand et al. 2024, 3D Gaussian Splatting as Markov Chain Monte Carlo).

Dead Gaussians are relocated to live ones that are sampled in proportion to opacity, and new ones are added in
the same way. Noise on the means lets transparent Gaussians explore.
"""

from __future__ import annotations

from functools import cache
from math import comb, sqrt

import torch
from torch import Tensor

from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import MIN_OPACITY, Gaussians
from components.train.strategies.noise import Noise
from components.train.strategies.randomness import Purpose, Randomness

MAX_COPIES = 51
"""More Gaussians at one place are relocated as if they were so many."""
_MAX_OPACITY = 1.0 - 1e-6


class MCMCStrategy:
    """See `Strategy`. Keeps the number of Gaussians, but for additions up to the budget."""

    needs_stats = False

    def __init__(self, scene_scale: float, seed: int, device: torch.device) -> None:
        self._randomness = Randomness(seed, Purpose.MCMC, device)
        self._noise = Noise(scene_scale, seed, device)

    def after_step(self, gaussians: Gaussians, means_lr: float, step: int) -> None:
        self._noise.perturb(gaussians, means_lr, step)

    @torch.no_grad()
    def refine(
        self, gaussians: Gaussians, stats: DensificationStats, in_bounds: Tensor, target: int, step: int
    ) -> None:
        """Relocate the Gaussians that are dead or out of bounds, then add until there are `target`."""
        is_alive = in_bounds & (gaussians.opacities > MIN_OPACITY)
        dead = (~is_alive).nonzero().squeeze(1)
        count = len(dead) + max(0, target - len(gaussians))
        if not count or len(dead) == len(gaussians):
            return
        sources = sample_multinomial(gaussians.opacities * is_alive, count, self._randomness.at(step))
        rows, of_source, copies = sources.unique(return_inverse=True, return_counts=True)
        parents = {name: tensor[rows].detach() for name, tensor in gaussians.tensors.items()}
        values = {**parents, **compute_relocation(parents["opacities"], parents["scales"], copies + 1)}
        relocated, added = of_source[: len(dead)], of_source[len(dead) :]
        gaussians.overwrite(
            torch.cat([rows, dead]),
            {name: torch.cat([each, each[relocated]]) for name, each in values.items()},
        )
        if len(added):
            gaussians.append({name: each[added] for name, each in values.items()})


def sample_multinomial(weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Row indices [count], sampled with replacement in proportion to `weights` [N], of any N.

    `torch.multinomial` is limited to 2^24 weights.
    """
    cumulative = weights.double().cumsum(0)
    places = torch.rand(count, generator=generator, dtype=torch.float64, device=weights.device)
    rows = torch.searchsorted(cumulative, places * cumulative[-1], right=True)
    return rows.clamp_(max=len(weights) - 1)


def compute_relocation(logits: Tensor, log_scales: Tensor, counts: Tensor) -> dict[str, Tensor]:
    """Opacities (logits [N]) and log scales [N, 3] of each of `counts` [N] equal Gaussians that replace one.

    Opacity at the centre is kept: (1 - o')ⁿ = 1 - o. Scales times o / Σⱼ C(n, j) (-1)ʲ⁺¹ o'ʲ / √j, j = 1…n,
    keep the integral along a line through the centre. That is equation 9 of the paper, whose inner sums of
    binomials have a closed form.
    """
    counts = counts.clamp(max=MAX_COPIES)
    old = torch.sigmoid(logits.double())
    new = -torch.expm1(torch.log1p(-old.clamp(max=_MAX_OPACITY)) / counts)
    powers = new[:, None] ** torch.arange(1, MAX_COPIES + 1, device=new.device)
    coefficients = torch.tensor(_relocation_coefficients(), dtype=torch.float64, device=new.device)
    scale_factors = old / (coefficients[counts] * powers).sum(dim=1)
    return {
        "opacities": torch.logit(new.clamp(MIN_OPACITY, _MAX_OPACITY)).to(logits.dtype),
        "scales": log_scales + scale_factors.log()[:, None].to(log_scales.dtype),
    }


@cache
def _relocation_coefficients() -> list[list[float]]:
    """C(n, j) (-1)ʲ⁺¹ / √j by n = 0…MAX_COPIES and j = 1…MAX_COPIES."""
    return [
        [comb(n, j) * (-1) ** (j + 1) / sqrt(j) for j in range(1, MAX_COPIES + 1)]
        for n in range(MAX_COPIES + 1)
    ]
