"""Two-level weighted k-means for tens of thousands of clusters, by matrix products.

Comparing each point with each center would take minutes per iteration. Plain k-means first divides the
points into a few groups; each group then gets a part of the clusters and k-means of its own. Where it is
known what is seen of the points, a few iterations in that metric follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from components.shared.parallel import in_order
from components.shared.progress import OnProgress, Progress, ignore_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Fitted = TypeVar("Fitted")

_CLUSTERS_PER_GROUP = 512
"""Larger groups find better centers in more time: 0.1 dB for each doubling."""
_SAMPLE_PER_GROUP = 256
"""Points per group that the first level is fitted to."""
_MAX_ITERATIONS, _MAX_BEFORE_METRIC = 12, 6
"""The metric takes away what the later iterations would."""
_MIN_IMPROVEMENT = 0.005
"""Relative decrease of the squared error below which the iterations stop."""
_ITERATIONS_IN_METRIC = 2
"""The first takes 25 % of the error away, the second 5 %; a third would take 2 %."""
_ALLOCATION_EXPONENT = 0.5
"""The number of clusters of a group grows with this power of its squared error."""
_BLOCK_FLOATS, _BLOCK_FLOATS_ON_CPU = 1 << 24, 1 << 20
"""Size limits of the part of the distance matrix in memory; a CPU reads it again sooner from its cache."""


class Metric(Protocol):
    """A squared error of points in other centers, as scalar products of features of both.

    It is the product and what no choice of the center changes.
    """

    def of_points(self, x: Tensor, rows: Tensor) -> Tensor:
        """Features [n, F] of points [n, D], which are those at `rows` of all."""

    def of_centers(self, centers: Tensor) -> Tensor:
        """Features [n, F] of centers [n, D]."""

    def best_centers(self, sums: Tensor) -> Tensor:
        """Centers [n, D] of clusters with weighted sums [n, F] of their points' features."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Centers float32 [K, D], label of each point int64 [N], and weighted sum of squared distances.

    With a metric, the error is that of the clusters by distance, which it starts from.
    """

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
    metric: Metric | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Clusters:
    """At most `count` clusters of points [N, D] with weights [N]; equal seeds give equal clusters.

    metric: what decides in the end, instead of distances; it is on `device`.
    """
    import torch

    x = torch.as_tensor(np.ascontiguousarray(points, np.float32), device=device)
    w = torch.as_tensor(np.ascontiguousarray(weights, np.float32), device=device)
    centers, labels, error = cluster_tensors(x, w, count, seed=seed, metric=metric, on_progress=on_progress)
    return Clusters(centers.cpu().numpy(), labels.cpu().numpy(), error)


def cluster_tensors(
    x: Tensor,
    w: Tensor,
    count: int,
    *,
    seed: int = 0,
    metric: Metric | None = None,
    on_progress: OnProgress = ignore_progress,
) -> tuple[Tensor, Tensor, float]:
    """`cluster` of float32 tensors on any device: centers, labels and error as in `Clusters`."""
    import torch

    labels = torch.zeros(len(x), dtype=torch.int64, device=x.device)
    centers: list[Tensor] = []
    total = 0.0
    with _torch_single_threaded(x.device) as workers:
        generator = torch.Generator().manual_seed(seed)
        rows_of, starts = _groups(x, w, count, generator)

        def fit(index: int) -> tuple[Tensor, Tensor, float]:
            return _fit_group(x, w, rows_of[index], x[starts[index]], metric)

        for index, (group_centers, group_labels, error) in enumerate(_fitted(fit, len(starts), workers)):
            labels[rows_of[index]] = group_labels + sum(len(each) for each in centers)
            centers.append(group_centers)
            total += error
            on_progress(Progress("palette", (index + 1) / len(starts)))
    return torch.cat(centers), labels, total


@contextmanager
def _torch_single_threaded(device: torch.device) -> Iterator[int]:
    """On CPUs, give the number of torch's threads to groups that are worked on side by side, each by one.

    Threads of one operation wait for one another awake, and these are small: on two cores with other work
    that took four times as long. A GPU works on one group at a time.
    """
    import torch

    if device.type == "cuda":
        yield 1
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


def _fitted(fit: Callable[[int], Fitted], groups: int, workers: int) -> Iterator[Fitted]:
    """Yield `fit(index)` of each group, in order."""
    if workers == 1:
        yield from map(fit, range(groups))
        return
    import torch

    def fit_alone(index: int) -> Fitted:
        torch.set_num_threads(1)  # the number is that of each thread
        return fit(index)

    yield from in_order(fit_alone, range(groups), threads=workers, name="k-means")


def _fit_group(
    x: Tensor, w: Tensor, rows: Tensor, centers: Tensor, metric: Metric | None
) -> tuple[Tensor, Tensor, float]:
    """Second level: centers, labels and error of the points at `rows`, from given centers."""
    most = _MAX_BEFORE_METRIC if metric else _MAX_ITERATIONS
    centers, labels, error = _lloyd(x[rows], w[rows], centers, most)
    if metric:
        features = metric.of_points(x[rows], rows)
        centers, labels = _in_metric(metric, features, w[rows], centers)
    return centers, labels, error


def _groups(
    x: Tensor, w: Tensor, count: int, generator: torch.Generator
) -> tuple[list[Tensor], list[Tensor]]:
    """First level: indices of the points of each group that is not empty, and of its first centers."""
    import torch

    groups = math.ceil(count / _CLUSTERS_PER_GROUP)
    sample = _sample(len(x), groups * _SAMPLE_PER_GROUP, generator).to(x.device)
    start = sample[_sample(len(sample), groups, generator).to(x.device)]
    centers, _, _ = _lloyd(x[sample], w[sample], x[start], _MAX_ITERATIONS)
    labels, errors = _assign(x, centers)
    found = (torch.nonzero(labels == index)[:, 0] for index in range(len(centers)))
    rows_of = [rows for rows in found if len(rows)]
    weighted = [float((errors[rows] * w[rows]).sum()) for rows in rows_of]
    counts = allocate(weighted, [len(rows) for rows in rows_of], count)
    starts = [
        rows[_sample(len(rows), most, generator).to(x.device)]
        for rows, most in zip(rows_of, counts, strict=True)
    ]
    return rows_of, starts


def allocate(errors: list[float], sizes: list[int], count: int) -> list[int]:
    """Number of clusters of each group, `count` in all at most: at least 1, at most the group's size."""
    demand = np.maximum(np.array(errors), 1e-30) ** _ALLOCATION_EXPONENT
    free = max(0, count - len(sizes))
    counts = 1 + np.floor(demand / demand.sum() * free).astype(int)
    return [int(each) for each in np.minimum(counts, sizes)]


def _lloyd(x: Tensor, w: Tensor, centers: Tensor, most: int) -> tuple[Tensor, Tensor, float]:
    """Centers [K, D], labels [N] and weighted squared error of Lloyd's algorithm, from given centers.

    most: iterations.
    """
    labels, errors = _assign(x, centers)
    error = float((errors * w).sum())
    for _ in range(most):
        centers = _weighted_means(x, w, labels, centers)
        labels, errors = _assign(x, centers)
        previous, error = error, float((errors * w).sum())
        if previous - error <= _MIN_IMPROVEMENT * previous:
            break
    return centers, labels, error


def _in_metric(metric: Metric, features: Tensor, w: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Centers [K, D] and labels [N] for points with `features` of a metric, from near centers."""
    import torch

    weighted = features * w[:, None]
    for _ in range(_ITERATIONS_IN_METRIC):
        by_center = metric.of_centers(centers)
        blocks = _blocks(features, len(centers))
        labels = torch.cat([(block @ by_center.T).argmin(dim=1) for block in blocks])
        sums = _sum_by_label(weighted, labels, torch.zeros_like(by_center))
        is_used = torch.bincount(labels, minlength=len(centers)) > 0
        centers = centers.clone()  # an empty cluster keeps its center
        centers[is_used] = metric.best_centers(sums[is_used])
    return centers, labels


def _sample(size: int, count: int, generator: torch.Generator) -> Tensor:
    """`count` indices below `size` without replacement, ascending; all of them if there are fewer."""
    import torch

    return torch.randperm(size, generator=generator)[:count].sort().values


def _assign(x: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Index of the nearest center of each point [N], and the squared distance to it [N]."""
    import torch

    half_norms = -0.5 * (centers * centers).sum(dim=1)
    best = []
    for block in _blocks(x, len(centers)):
        best.append(torch.addmm(half_norms, block, centers.T).max(dim=1))
    labels = torch.cat([each.indices for each in best])
    errors = (x * x).sum(dim=1) - 2.0 * torch.cat([each.values for each in best])
    return labels, errors.clamp(min=0.0)


def _blocks(x: Tensor, width: int) -> tuple[Tensor, ...]:
    """Rows of x in parts whose products with `width` centers fit in memory."""
    floats = _BLOCK_FLOATS if x.is_cuda else _BLOCK_FLOATS_ON_CPU
    return x.split(max(1, floats // width))


def _weighted_means(x: Tensor, w: Tensor, labels: Tensor, previous: Tensor) -> Tensor:
    """Weighted mean of each cluster [K, D]; an empty cluster keeps its previous center."""
    import torch

    sums = _sum_by_label(x * w[:, None], labels, torch.zeros_like(previous))
    mass = _sum_by_label(w, labels, torch.zeros_like(previous[:, 0]))
    return torch.where(mass[:, None] > 0, sums / mass.clamp(min=1e-30)[:, None], previous)


def _sum_by_label(values: Tensor, labels: Tensor, out: Tensor) -> Tensor:
    """Sums in a fixed order, so that equal seeds give equal bits; atomic additions on CUDA would not."""
    if values.is_cuda:
        return out.index_put_((labels,), values, accumulate=True)
    return out.index_add_(0, labels, values)
