"""Blocks of a picture, within which texels change places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Tiling:
    """B blocks of `height`×`width` texels at `rows` [B] and `columns` [B] of their first texel.

    Blocks wrap around at the borders of the picture and do not overlap.
    """

    height: int
    width: int
    rows: np.ndarray
    columns: np.ndarray

    @property
    def texels(self) -> int:
        """Of one block."""
        return self.height * self.width


def random_tiling(shape: tuple[int, int], side: int, rng: np.random.Generator) -> Tiling:
    """Tile a picture of `shape` (height, width) by blocks of at least `side` texels, from a random corner on.

    Blocks grow up to where as many fill the picture: the strip that is left out is as narrow as possible.
    """
    counts = [max(1, length // side) for length in shape]
    sides = [length // count for length, count in zip(shape, counts, strict=True)]
    first = [int(rng.integers(each)) for each in sides]
    rows, columns = (
        (start + each * np.arange(count)) % length
        for start, each, count, length in zip(first, sides, counts, shape, strict=True)
    )
    return Tiling(sides[0], sides[1], np.repeat(rows, len(columns)), np.tile(columns, len(rows)))
