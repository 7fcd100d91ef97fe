"""Densification by splits under a fixed budget.

Each refinement prunes invisible Gaussians and splits those with the highest scores in two along their longest
axis (the idea of Improved-GS, with own constants). Hyperparameters can select gsplat's score and split.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from components.shared.rasterize.quaternions import rotate, rotation_matrices
from components.train.hyperparameters import Hyperparameters
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import MIN_OPACITY, Gaussians
from components.train.strategies.randomness import Purpose, Randomness

_OFFSET = 0.5
"""Distance of the children's means from the parent's, in standard deviations along the longest axis."""
_LONGEST_AXIS_FACTOR, _OTHER_AXES_FACTOR = 0.5, 0.85
"""Children's scales over the parent's."""
_OPACITY_FACTOR = 0.6
"""Children's opacity over the parent's."""
_SAMPLED_SCALE_DIVISOR = 1.6
"""Parent's scales over the children's, for splits at random positions."""


class SplitStrategy:
    """See `Strategy`."""

    needs_stats = True

    def __init__(self, hyperparameters: Hyperparameters, seed: int, device: torch.device) -> None:
        self._hyperparameters = hyperparameters
        self._randomness = Randomness(seed, Purpose.SPLIT, device)

    def after_step(self, gaussians: Gaussians, means_lr: float, step: int) -> None:
        """Nothing."""

    @torch.no_grad()
    def refine(
        self, gaussians: Gaussians, stats: DensificationStats, in_bounds: Tensor, target: int, step: int
    ) -> None:
        """Prune Gaussians that are invisible or out of bounds, then split until there are `target`."""
        kept = in_bounds & (gaussians.opacities >= MIN_OPACITY)
        gaussians.keep(kept)
        self._split(gaussians, self._scores(stats)[kept], target - len(gaussians), step)

    def _scores(self, stats: DensificationStats) -> Tensor:
        return stats.scores if self._hyperparameters.split_by_error else stats.grad2d

    def _split(self, gaussians: Gaussians, scores: Tensor, count: int, step: int) -> None:
        count = min(count, int((scores > 0).sum()))
        if count <= 0:
            return
        rows = scores.topk(count).indices
        parents = {name: tensor[rows].detach() for name, tensor in gaussians.tensors.items()}
        if self._hyperparameters.split_long_axis:
            first, second = split_along_longest_axis(parents)
        else:
            first, second = split_at_samples(parents, self._randomness.at(step))
        gaussians.overwrite(rows, first)
        gaussians.append(second)


def split_along_longest_axis(parents: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Two children per parent, side by side along its longest axis, together about as opaque."""
    longest = parents["scales"].argmax(dim=1)
    axes = rotation_matrices(parents["quats"]).gather(2, longest[:, None, None].expand(-1, 3, 1)).squeeze(2)
    length = parents["scales"].gather(1, longest[:, None]).exp()
    is_longest = torch.nn.functional.one_hot(longest, 3).bool()
    log_factors = torch.where(is_longest, _LONGEST_AXIS_FACTOR, _OTHER_AXES_FACTOR).log()
    children = {
        **parents,
        "scales": parents["scales"] + log_factors,
        "opacities": torch.logit(torch.sigmoid(parents["opacities"]) * _OPACITY_FACTOR),
    }
    offset = axes * length * _OFFSET
    return (
        {**children, "means": parents["means"] + offset},
        {**children, "means": parents["means"] - offset},
    )


def split_at_samples(
    parents: dict[str, Tensor], generator: torch.Generator
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Two children per parent, at samples of its distribution, narrower and as opaque (Kerbl et al. 2023)."""
    scales = parents["scales"]
    child_scales = scales - math.log(_SAMPLED_SCALE_DIVISOR)
    noise = torch.randn((2, *scales.shape), generator=generator, device=scales.device)
    first, second = (
        {**parents, "scales": child_scales, "means": parents["means"] + rotate(parents["quats"], sample)}
        for sample in noise * scales.exp()
    )
    return first, second
