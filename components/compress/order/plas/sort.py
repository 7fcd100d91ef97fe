"""The rounds of PLAS: blur with a shrinking radius, and move elements towards the blurred picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from components.compress.order.plas.grid import Grid
from components.compress.order.plas.tiling import random_tiling

IMPROVEMENT_BREAK = 1e-4
"""Relative gain of an assignment that counts as none, as in Self-Organizing Gaussians."""
_RADIUS_DECAY, _MIN_RADIUS = 0.95, 1.0
_MIN_BLOCK_SIDE = 16
_TRIES = 4
"""Random tilings in a row without gain that end a round."""

MakeGrid = Callable[[np.ndarray, np.ndarray, int, int], Grid]
"""Makes the grid of features [N, C] in the order of a permutation [N], with a width, and a seed."""


def plas_order(
    features: np.ndarray,
    width: int,
    make_grid: MakeGrid,
    *,
    seed: int = 0,
    improvement_break: float = IMPROVEMENT_BREAK,
    on_round: Callable[[float], None] = lambda done: None,
) -> np.ndarray:
    """Permutation [N] of features [N, C] whose picture of that width is smooth.

    `on_round` gets the fraction of rounds that are done. Equal seeds give equal permutations on the same
    machine, with any number of threads.
    """
    rng = np.random.default_rng(seed)
    grid = make_grid(features, rng.permutation(len(features)), width, seed)
    radii = list(_radii(max(grid.shape)))
    for index, radius in enumerate(radii):
        _settle(grid, radius, improvement_break, rng)
        on_round((index + 1) / len(radii))
    return grid.order()


def _radii(side: int) -> Iterator[int]:
    """From half of the side down to 1."""
    radius = max(side / 2 - 1, _MIN_RADIUS)
    while radius >= _MIN_RADIUS:
        yield math.floor(radius)
        radius *= _RADIUS_DECAY


def _settle(grid: Grid, radius: int, improvement_break: float, rng: np.random.Generator) -> None:
    """One round: assign until the last few tilings gained nothing.

    Each assignment has a tiling of its own, where the published program keeps one until it gains nothing:
    moving to another costs nothing here, and elements cross the borders of blocks sooner.
    """
    distance = grid.aim(radius)
    side = max(2 * radius + 2, _MIN_BLOCK_SIDE)
    fails = 0
    while fails < _TRIES:
        tiling = random_tiling(grid.shape, side, rng)
        gain = grid.assign(tiling, grid.draw_groups(tiling.texels))
        fails = 0 if gain > improvement_break * distance else fails + 1
        distance -= gain
