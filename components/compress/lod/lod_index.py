"""The content of `lod-meta.json`: where each region is in each level, and its box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from components.compress.lod.moments import half_extents
from components.compress.lod.tree import Leaf, Node, leaves_of
from components.shared.sog.archive import META
from components.shared.splats import Splats

_VERSION = 1
_GENERATOR = "kubesplat"
_SIGNIFICANT_DIGITS = 7


@dataclass(slots=True)
class LodIndex:
    """Filled level by level.

    lows, highs: limits of each leaf's box, [L, 3]; lods: references of each leaf by level; folders: names of
    the SOGs; counts: Gaussians of each level.
    """

    lows: np.ndarray
    highs: np.ndarray
    lods: list[dict[str, dict[str, int]]]
    folders: list[str]
    counts: list[int]

    @classmethod
    def of(cls, tree: Node) -> LodIndex:
        """Without any level."""
        leaves = sum(1 for _ in leaves_of(tree))
        lows, highs = np.full((leaves, 3), np.inf), np.full((leaves, 3), -np.inf)
        return cls(lows, highs, [{} for _ in range(leaves)], [], [])

    def add_level(self, parts: list[Splats]) -> None:
        """Count the next level, and widen the boxes to one standard deviation, as splat-transform does."""
        self.counts.append(sum(map(len, parts)))
        for leaf, part in enumerate(parts):
            reach = half_extents(part)
            self.lows[leaf] = np.minimum(self.lows[leaf], (part.means - reach).min(axis=0))
            self.highs[leaf] = np.maximum(self.highs[leaf], (part.means + reach).max(axis=0))

    def add_folder(self, name: str, counts: dict[int, int]) -> None:
        """A SOG with so many Gaussians of each leaf in the latest level, leaf after leaf."""
        level, offset = str(len(self.counts) - 1), 0
        for leaf, count in counts.items():
            self.lods[leaf][level] = {"file": len(self.folders), "offset": offset, "count": count}
            offset += count
        self.folders.append(name)

    def to_json(self, tree: Node) -> dict[str, Any]:
        return {
            "version": _VERSION,
            "asset": {"generator": _GENERATOR},
            "count": sum(self.counts),
            "counts": self.counts,
            "lodLevels": len(self.counts),
            "filenames": [f"{name}/{META}" for name in self.folders],
            "tree": self._describe(tree)[0],
        }

    def _describe(self, node: Node) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
        """A node as JSON has it, and the limits of its box."""
        if isinstance(node, Leaf):
            low, high = self.lows[node.number], self.highs[node.number]
            return {"bound": _bound(low, high), "lods": self.lods[node.number]}, low, high
        left, left_low, left_high = self._describe(node.left)
        right, right_low, right_high = self._describe(node.right)
        low, high = np.minimum(left_low, right_low), np.maximum(left_high, right_high)
        return {"bound": _bound(low, high), "children": [left, right]}, low, high


def _bound(low: np.ndarray, high: np.ndarray) -> dict[str, list[float]]:
    return {"min": _rounded(low), "max": _rounded(high)}


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.{_SIGNIFICANT_DIGITS}g}") for value in values]
