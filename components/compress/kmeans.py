"""K-means for palettes of tens of thousands of entries, by matrix products in two levels.

Comparing each point with each entry would take minutes an iteration. So the points are split into a few
coarse clusters first, and each of these into its share of the entries.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from components.shared.progress import OnProgress, Progress, ignore_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_ENTRIES_PER_GROUP = 512
"""Larger groups find better entries, in more time: 0.1 dB for each doubling."""
_COARSE_SAMPLE = 256
"""Points per group that are looked at to place it."""
_MAX_ITERATIONS = 12
_SMALLEST_GAIN = 0.005
"""Stop when an iteration lowers the squared error by less than this part."""
_SHARE_EXPONENT = 0.5
"""Entries of a group grow with this power of its squared error."""
_BLOCK_FLOATS = 1 << 24
"""Of the matrix of distances that is held at a time."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Centers float32 [K, D], the center of each point [N], and the sum of squared distances to it."""

    centers: np.ndarray
    labels: np.ndarray
    error: float


def cluster(
    points: np.ndarray,
    weights: np.ndarray,
    count: int,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
    on_progress: OnProgress = ignore_progress,
) -> Clusters:
    """At most `count` clusters of points [N, D] with weights [N]; equal seeds give equal clusters."""
    import torch

    x = torch.as_tensor(np.ascontiguousarray(points, np.float32), device=device)
    w = torch.as_tensor(np.ascontiguousarray(weights, np.float32), device=device)
    generator = torch.Generator().manual_seed(seed)
    groups = list(_groups(x, w, count, generator))
    shares = _shares([error for _, error in groups], [len(rows) for rows, _ in groups], count)
    labels = torch.zeros(len(x), dtype=torch.int64, device=x.device)
    centers: list[Tensor] = []
    total = 0.0
    for done, ((rows, _), share) in enumerate(zip(groups, shares, strict=True)):
        own, own_labels, error = _lloyd(x[rows], w[rows], share, generator)
        labels[rows] = own_labels + sum(len(each) for each in centers)
        centers.append(own)
        total += error
        on_progress(Progress("palette", (done + 1) / len(groups)))
    return Clusters(torch.cat(centers).cpu().numpy(), labels.cpu().numpy(), total)


def _groups(x: Tensor, w: Tensor, count: int, generator: torch.Generator) -> Iterator[tuple[Tensor, float]]:
    """Rows and squared error of each group."""
    import torch

    coarse = math.ceil(count / _ENTRIES_PER_GROUP)
    sample = _sample(len(x), coarse * _COARSE_SAMPLE, generator).to(x.device)
    centers, _, _ = _lloyd(x[sample], w[sample], coarse, generator)
    labels, errors = _assign(x, centers)
    for index in range(len(centers)):
        rows = torch.nonzero(labels == index)[:, 0]
        if len(rows):
            yield rows, float((errors[rows] * w[rows]).sum())


def _shares(errors: list[float], sizes: list[int], count: int) -> list[int]:
    """How many of `count` entries each group gets: at least one, at most one per point."""
    wanted = np.maximum(np.array(errors), 1e-30) ** _SHARE_EXPONENT
    free = max(0, count - len(sizes))
    shares = 1 + np.floor(wanted / wanted.sum() * free).astype(int)
    return [int(share) for share in np.minimum(shares, sizes)]


def _lloyd(x: Tensor, w: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    """Centers, labels and the weighted squared error of plain k-means."""
    centers = x[_sample(len(x), count, generator).to(x.device)]
    labels, errors = _assign(x, centers)
    error = float((errors * w).sum())
    for _ in range(_MAX_ITERATIONS):
        centers = _centers(x, w, labels, centers)
        labels, errors = _assign(x, centers)
        previous, error = error, float((errors * w).sum())
        if previous - error <= _SMALLEST_GAIN * previous:
            break
    return centers, labels, error


def _sample(size: int, count: int, generator: torch.Generator) -> Tensor:
    import torch

    return torch.randperm(size, generator=generator)[:count].sort().values


def _assign(x: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest center of each point, and the squared distance to it."""
    import torch

    half_norms = -0.5 * (centers * centers).sum(dim=1)
    best = []
    for block in x.split(max(1, _BLOCK_FLOATS // len(centers))):
        best.append(torch.addmm(half_norms, block, centers.T).max(dim=1))
    labels = torch.cat([each.indices for each in best])
    errors = (x * x).sum(dim=1) - 2.0 * torch.cat([each.values for each in best])
    return labels, errors.clamp(min=0.0)


def _centers(x: Tensor, w: Tensor, labels: Tensor, previous: Tensor) -> Tensor:
    """Weighted means; a center without points stays."""
    import torch

    sums = _sums(x * w[:, None], labels, torch.zeros_like(previous))
    mass = _sums(w, labels, torch.zeros_like(previous[:, 0]))
    return torch.where(mass[:, None] > 0, sums / mass.clamp(min=1e-30)[:, None], previous)


def _sums(values: Tensor, labels: Tensor, out: Tensor) -> Tensor:
    """Sum by label in a fixed order, so that equal seeds give equal bits: atomic additions do not."""
    if values.is_cuda:
        return out.index_put_((labels,), values, accumulate=True)
    return out.index_add_(0, labels, values)
