"""Fewer Gaussians that look alike from afar: neighbors are merged, first those where it is seen least."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

from components.compress.lod.moments import Moments, concatenate, merge_errors, merge_pairs
from components.shared.splats import Splats

_NEIGHBORS = 8
_MOST_MERGED = 0.25
"""Part of the Gaussians that disappear in one round; the next one sees the merged ones as neighbors."""


def decimate(splats: Splats, count: int) -> Splats:
    """At most `count` Gaussians (at least 1), of which each stands for one or several neighbors.

    `splats` are those of `drop_unusable`.
    """
    if len(splats) <= count:
        return splats
    moments = Moments.of(splats)
    while len(moments) > count:
        most = max(1, min(len(moments) - count, int(_MOST_MERGED * len(moments))))
        moments = _merge_round(moments, most)
    return moments.to_splats(antialiased=splats.antialiased)


def _merge_round(moments: Moments, most: int) -> Moments:
    """With at most `most` pairs of neighbors merged; no Gaussian is in two pairs."""
    first, second = _neighbor_pairs(moments.means)
    plain = replace(moments, colors=moments.colors[:, :3])  # to gather and add less
    errors = merge_errors(plain.select(first), plain.select(second))
    order = np.argsort(errors, kind="stable")
    chosen = _disjoint(first[order], second[order], len(moments), most)
    first, second = first[order][chosen], second[order][chosen]
    alone = np.ones(len(moments), bool)
    alone[first] = alone[second] = False
    merged = merge_pairs(moments.select(first), moments.select(second))
    return concatenate(moments.select(alone), merged)


def _neighbor_pairs(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the pairs in which one is among the nearest of the other, each pair once."""
    nearest = min(_NEIGHBORS, len(means) - 1)
    found = cKDTree(means).query(means, nearest + 1)[1]
    first, second = np.repeat(np.arange(len(means)), nearest + 1), found.ravel()
    pairs = np.unique(np.minimum(first, second) * len(means) + np.maximum(first, second))
    first, second = np.divmod(pairs, len(means))
    return first[first != second], second[first != second]


@njit(cache=True)
def _disjoint(first: np.ndarray, second: np.ndarray, count: int, most: int) -> np.ndarray:
    """Mask of the pairs that share no index with an earlier chosen one, at most `most` of them."""
    taken = np.zeros(count, np.bool_)
    chosen = np.zeros(len(first), np.bool_)
    left = most
    for pair in range(len(first)):
        if left == 0:
            break
        if not taken[first[pair]] and not taken[second[pair]]:
            taken[first[pair]] = taken[second[pair]] = True
            chosen[pair] = True
            left -= 1
    return chosen
