"""More Gaussians where the picture is wrong, under a fixed budget.

Every so often the invisible ones are removed, and those with the highest scores are split in two along their
longest axis (the idea of Improved-GS, with own constants). A recipe may ask for the ways before that instead.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from components.shared.rasterize.quaternions import rotate, rotation_matrices
from components.train.hyperparameters import Recipe
from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import MIN_OPACITY, Gaussians
from components.train.model.regularization import Penalties
from components.train.strategies.randomness import Randomness

_OFFSET = 0.5
_LONG_AXIS, _OTHER_AXES = 0.5, 0.85
_CHILD_OPACITY = 0.6
_SAMPLED_NARROWING = 1.6
_DRAWS = 0x73706C
"""Sets their random numbers apart from others of the same seed."""


class Split:
    """Spends the budget where the collected evidence says so."""

    needs_evidence = True
    penalties = Penalties()

    def __init__(self, recipe: Recipe, seed: int, device: torch.device) -> None:
        self._recipe = recipe
        self._draws = Randomness(seed, _DRAWS, device)

    def disturb(self, gaussians: Gaussians, means_rate: float, step: int) -> None:
        """Nothing: who is to move is split."""

    @torch.no_grad()
    def refine(
        self, gaussians: Gaussians, evidence: Evidence, is_wanted: Tensor, target: int, step: int
    ) -> None:
        """Remove all but the wanted and visible, then split until there are `target` Gaussians."""
        alive = is_wanted & (gaussians.opacities >= MIN_OPACITY)
        gaussians.keep(alive)
        self._split(gaussians, self._scores(evidence)[alive], target - len(gaussians), step)

    def _scores(self, evidence: Evidence) -> Tensor:
        return evidence.scores if self._recipe.splits_by_error else evidence.pulls

    def _split(self, gaussians: Gaussians, scores: Tensor, count: int, step: int) -> None:
        count = min(count, int((scores > 0).sum()))
        if count <= 0:
            return
        rows = scores.topk(count).indices
        parents = {name: tensor[rows].detach() for name, tensor in gaussians.tensors.items()}
        if self._recipe.splits_long_axis:
            first, second = split_along_longest_axis(parents)
        else:
            first, second = split_at_samples(parents, self._draws.at(step))
        gaussians.overwrite(rows, first)
        gaussians.append(second)


def split_along_longest_axis(parents: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Two children per parent, side by side along its longest axis, together about as opaque."""
    longest = parents["scales"].argmax(dim=1)
    axes = rotation_matrices(parents["quats"]).gather(2, longest[:, None, None].expand(-1, 3, 1)).squeeze(2)
    length = parents["scales"].gather(1, longest[:, None]).exp()
    is_longest = torch.nn.functional.one_hot(longest, 3).bool()
    shrink = torch.where(is_longest, _LONG_AXIS, _OTHER_AXES).log()
    children = {
        **parents,
        "scales": parents["scales"] + shrink,
        "opacities": torch.logit(torch.sigmoid(parents["opacities"]) * _CHILD_OPACITY),
    }
    offset = axes * length * _OFFSET
    return (
        {**children, "means": parents["means"] + offset},
        {**children, "means": parents["means"] - offset},
    )


def split_at_samples(
    parents: dict[str, Tensor], random: torch.Generator
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Two children per parent, at random places of its own, narrower and as opaque (Kerbl et al. 2023)."""
    scales = parents["scales"]
    narrower = scales - math.log(_SAMPLED_NARROWING)
    noise = torch.randn((2, *scales.shape), generator=random, device=scales.device)
    first, second = (
        {**parents, "scales": narrower, "means": parents["means"] + rotate(parents["quats"], sample)}
        for sample in noise * scales.exp()
    )
    return first, second
