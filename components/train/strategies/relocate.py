"""Gaussians as samples of where the scene is (Kheradmand et al. 2024, 3DGS as Markov chain Monte Carlo).

None is removed: those that have died move onto living ones, drawn in proportion to opacity, and new ones come
in the same way. Those at one place share its opacity. Noise lets the faint ones wander until they are of use.
"""

from __future__ import annotations

import torch
from torch import Tensor

from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import MIN_OPACITY, Gaussians
from components.train.model.regularization import Penalties
from components.train.strategies.noise import Noise
from components.train.strategies.randomness import Randomness
from components.train.strategies.share import share

_DRAWS = 0x6D6376
"""Sets their random numbers apart from others of the same seed."""


class Relocate:
    """`extent` is the scene's, see `scene_extent`."""

    needs_evidence = False
    penalties = Penalties(width=0.01, opacity=0.01)

    def __init__(self, extent: float, seed: int, device: torch.device) -> None:
        self._draws = Randomness(seed, _DRAWS, device)
        self._noise = Noise(extent, seed, device)

    def disturb(self, gaussians: Gaussians, means_rate: float, step: int) -> None:
        self._noise.add(gaussians, means_rate, step)

    @torch.no_grad()
    def refine(
        self, gaussians: Gaussians, evidence: Evidence, is_wanted: Tensor, target: int, step: int
    ) -> None:
        """Move the dead and the unwanted, then add more until there are `target` Gaussians."""
        is_alive = is_wanted & (gaussians.opacities > MIN_OPACITY)
        dead = (~is_alive).nonzero().squeeze(1)
        count = len(dead) + max(0, target - len(gaussians))
        if not count or len(dead) == len(gaussians):
            return
        sources = draw(gaussians.opacities * is_alive, count, self._draws.at(step))
        rows, of_source, copies = sources.unique(return_inverse=True, return_counts=True)
        parents = {name: tensor[rows].detach() for name, tensor in gaussians.tensors.items()}
        shared = {**parents, **share(parents["opacities"], parents["scales"], copies + 1)}
        moved, added = of_source[: len(dead)], of_source[len(dead) :]
        gaussians.overwrite(
            torch.cat([rows, dead]), {name: torch.cat([each, each[moved]]) for name, each in shared.items()}
        )
        if len(added):
            gaussians.append({name: each[added] for name, each in shared.items()})


def draw(weights: Tensor, count: int, random: torch.Generator) -> Tensor:
    """Rows [count], each drawn with a probability in proportion to its weight; `weights` is [N]."""
    ends = weights.double().cumsum(0)
    places = torch.rand(count, generator=random, dtype=torch.float64, device=weights.device) * ends[-1]
    return torch.searchsorted(ends, places, right=True).clamp_(max=len(weights) - 1)
