"""The grid of PLAS on a GPU, in torch."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import torch
from torch import Tensor

from components.compress.order.plas.grid import half_kernels, texels_of_holes
from components.compress.order.plas.tiling import Tiling

_PLACES = torch.tensor(list(permutations(range(4))))
"""All ways to place 4 elements, the identity first; [24, 4]."""


class TorchGrid:
    """See `Grid`."""

    def __init__(
        self,
        features: np.ndarray,
        permutation: np.ndarray,
        width: int,
        seed: int,
        device: torch.device | str = "cuda",
    ) -> None:
        count, channels = features.shape
        self.shape = -(-count // width), width
        self._elements = torch.as_tensor(permutation.astype(np.int64), device=device)
        self._holes = tuple(
            torch.as_tensor(each, device=device) for each in texels_of_holes(count, self.shape)
        )
        self._values = torch.zeros((self.shape[0] * width, channels), device=device)
        self._values[:count] = torch.as_tensor(features.astype(np.float32), device=device)[self._elements]
        self._targets = torch.empty_like(self._values)
        self._places = _PLACES.to(device)
        self._generator = torch.Generator(device).manual_seed(seed)

    def aim(self, radius: int) -> float:
        holes, sources = self._holes
        self._values[holes] = self._values[sources]
        half_y, half_x = half_kernels(radius, self.shape)
        height, width = self.shape
        picture = self._values.reshape(height, width, -1)
        x = torch.arange(-half_x - 1, width + half_x, device=picture.device) % width
        y = torch.arange(-half_y - 1, height + half_y, device=picture.device).abs()
        y = (height - 1 - (height - 1 - y).abs()).clamp(min=0)
        blurred = _running_mean(_running_mean(picture, 1, x, half_x), 0, y, half_y)
        self._targets = blurred.reshape(self._values.shape)
        count = len(self._elements)
        return (self._values[:count] - self._targets[:count]).square().sum(dtype=torch.float64).item()

    def draw_groups(self, texels: int) -> Tensor:
        shuffled = torch.randperm(texels, generator=self._generator, device=self._values.device)
        return shuffled[: texels // 4 * 4].reshape(-1, 4)

    def assign(self, tiling: Tiling, groups: Tensor) -> float:
        texels = self._texels_of(tiling, groups)
        products = self._values[texels] @ self._targets[texels].mT  # [M, 4, 4]
        scores = products[:, torch.arange(4, device=texels.device), self._places].sum(dim=2)  # [M, 24]
        best = scores.max(dim=1)
        moved_to = texels.gather(1, self._places[best.indices]).reshape(-1)
        moved = texels.reshape(-1)
        self._values[moved_to] = self._values[moved]
        self._elements[moved_to] = self._elements[moved]
        return 2.0 * (best.values - scores[:, 0]).sum(dtype=torch.float64).item()

    def order(self) -> np.ndarray:
        return self._elements.cpu().numpy()

    def _texels_of(self, tiling: Tiling, groups: Tensor) -> Tensor:
        """Texels [M, 4] of the groups [G, 4] of each block; groups with a hole are left out."""
        rows, columns = (
            torch.as_tensor(each, device=groups.device)[:, None, None]
            for each in (tiling.rows, tiling.columns)
        )
        y = (rows + groups // tiling.width) % self.shape[0]
        x = (columns + groups % tiling.width) % self.shape[1]
        texels = (y * self.shape[1] + x).reshape(-1, 4)
        return texels[(texels < len(self._elements)).all(dim=1)]


def _running_mean(picture: Tensor, axis: int, padded: Tensor, half: int) -> Tensor:
    """Mean of `2 * half + 1` texels along an axis of [H, W, C]; `padded`: its texels with both borders."""
    sums = picture.index_select(axis, padded).cumsum(axis, dtype=torch.float64)
    size = 2 * half + 1
    length = picture.shape[axis]
    return ((sums.narrow(axis, size, length) - sums.narrow(axis, 0, length)) / size).float()
