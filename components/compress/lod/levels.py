"""Levels of detail: the Gaussians of each region of space, fewer from level to level."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from components.compress.lod.decimate import decimate
from components.compress.lod.tree import Node, leaves_of, split_space
from components.compress.order.hilbert import hilbert_order
from components.shared.resources import available_cpus
from components.shared.sog.attributes import quantize_means
from components.shared.splats import Splats

MOST_IN_LEAF = 65536
"""Gaussians of a region in its finest level: what a viewer switches at once."""
_KEPT = 1 / 3
"""Of the Gaussians of a level in the next one. Viewers change levels where distances grow threefold."""
_COARSEST = 100_000
"""Gaussians of all regions in the last level, which viewers load before they show anything."""


def level_count(gaussians: int) -> int:
    """Levels of a scene, at least 2."""
    return max(2, 1 + math.ceil(math.log(gaussians / _COARSEST, 1 / _KEPT)))


def build_levels(splats: Splats, most_in_leaf: int = MOST_IN_LEAF) -> tuple[Node, Iterator[list[Splats]]]:
    """The tree of regions, and each level from the finest on: the Gaussians of each leaf, never none.

    `splats` are those of `drop_unusable`. Gaussians are merged within their leaf alone, so that leaves of
    different levels fit together. No more than two levels are in memory at once.
    """
    tree = split_space(splats.means, most_in_leaf)
    return tree, _levels(splats, tree)


def _levels(splats: Splats, tree: Node) -> Iterator[list[Splats]]:
    level = [_spatially_sorted(splats.select(leaf.members)) for leaf in leaves_of(tree)]
    yield level
    for _ in range(level_count(len(splats)) - 1):
        with ThreadPoolExecutor(available_cpus()) as pool:  # NumPy and SciPy release the GIL
            level = list(pool.map(_coarser, level))
        yield level


def _coarser(splats: Splats) -> Splats:
    return _spatially_sorted(decimate(splats, math.ceil(len(splats) * _KEPT)))


def _spatially_sorted(splats: Splats) -> Splats:
    """Along a Hilbert curve, so that neighbors in space are neighbors in the textures."""
    codes, _, _ = quantize_means(splats.means)
    return splats.select(hilbert_order(codes))
