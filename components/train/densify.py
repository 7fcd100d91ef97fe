"""More Gaussians where the picture is wrong, under a fixed budget.

Every so often the invisible ones are removed, and those with the highest scores are split in two along their
longest axis (the idea of Improved-GS, with own constants).
"""

from __future__ import annotations

import torch
from torch import Tensor

from components.train.evidence import Evidence
from components.train.gaussians import Gaussians

MIN_OPACITY = 0.005
"""About 1/255 and a little: less changes no pixel of an 8-bit image."""

_OFFSET = 0.5
_LONG_AXIS, _OTHER_AXES = 0.5, 0.85
_CHILD_OPACITY = 0.6


class Densifier:
    """Spends the budget where the collected evidence says so."""

    def __init__(self, count: int, device: torch.device) -> None:
        self.evidence = Evidence.none(count, device)

    @torch.no_grad()
    def refine(self, gaussians: Gaussians, is_wanted: Tensor, target: int) -> None:
        """Remove all but the wanted and visible, then split until there are `target` Gaussians."""
        alive = is_wanted & (gaussians.opacities >= MIN_OPACITY)
        gaussians.keep(alive)
        self._split(gaussians, self.evidence.scores[alive], target - len(gaussians))
        self.evidence = Evidence.none(len(gaussians), alive.device)

    def _split(self, gaussians: Gaussians, scores: Tensor, count: int) -> None:
        count = min(count, int((scores > 0).sum()))
        if count <= 0:
            return
        rows = scores.topk(count).indices
        first, second = split_along_longest_axis(
            {name: t[rows].detach() for name, t in gaussians.tensors.items()}
        )
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


def rotation_matrices(quats: Tensor) -> Tensor:
    """[N, 3, 3] of quaternions [N, 4] wxyz of any length."""
    w, x, y, z = torch.nn.functional.normalize(quats, dim=1).unbind(1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)
