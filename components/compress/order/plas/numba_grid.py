"""The grid of PLAS on a CPU, in numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from components.compress.order.plas.grid import half_kernels, texels_of_holes
from components.compress.order.plas.tiling import Tiling
from components.shared.ranges import equal_ranges, run_ranges

_FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
"""Sums over features may be reordered, without which they are not vectorised."""
_PADDING = 4
"""Features are padded to a multiple of it: whole SIMD registers."""
_GROUPS_PER_CHUNK = 8192
"""Gains are summed by chunks of groups, so that the sum does not depend on the number of threads."""


class NumbaGrid:
    """See `Grid`. Features move with their elements: a group then touches eight stretches of memory."""

    def __init__(self, features: np.ndarray, permutation: np.ndarray, width: int, seed: int) -> None:
        count, channels = features.shape
        self.shape = -(-count // width), width
        self._elements = permutation.astype(np.int64)
        self._holes = texels_of_holes(count, self.shape)
        padded = channels + -channels % _PADDING
        self._values = np.zeros((self.shape[0] * width, padded), np.float32)
        self._values[:count, :channels] = features[permutation]
        self._targets = np.empty_like(self._values)
        self._blurred_rows = np.empty_like(self._values)
        self._rng = np.random.default_rng(seed)

    def aim(self, radius: int) -> float:
        holes, sources = self._holes
        self._values[holes] = self._values[sources]
        height, width = self.shape
        half_y, half_x = half_kernels(radius, self.shape)
        picture = (height, width, -1)
        values, rows, targets = (
            each.reshape(picture) for each in (self._values, self._blurred_rows, self._targets)
        )
        run_ranges(_blur_rows, equal_ranges(height, at_least=1), values, rows, half_x)
        flat = (height, -1)
        columns = equal_ranges(self._values.size // height)
        run_ranges(_blur_columns, columns, rows.reshape(flat), targets.reshape(flat), half_y)
        count = len(self._elements)
        return float(np.square(self._values[:count] - self._targets[:count]).sum(dtype=np.float64))

    def draw_groups(self, texels: int) -> np.ndarray:
        return self._rng.permutation(texels)[: texels // 4 * 4].reshape(-1, 4)

    def assign(self, tiling: Tiling, groups: np.ndarray) -> float:
        chunks = -(-len(tiling.rows) * len(groups) // _GROUPS_PER_CHUNK)
        gains = np.zeros(chunks)
        group_rows, group_columns = np.divmod(groups, tiling.width)
        run_ranges(
            _assign,
            equal_ranges(chunks, at_least=1),
            self._values,
            self._targets,
            self._elements,
            self.shape,
            tiling.rows,
            tiling.columns,
            group_rows,
            group_columns,
            gains,
        )
        return float(gains.sum())

    def order(self) -> np.ndarray:
        return self._elements


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FASTMATH)
def _blur_rows(values: np.ndarray, blurred: np.ndarray, half: int, start: int, stop: int) -> None:
    """Mean of `2 * half + 1` texels along rows start:stop of [H, W, C], which wrap around.

    The published filter is a Gaussian as wide as its window, which is nearly flat. A running mean takes the
    same time for all radii and leads to pictures that are as smooth.
    """
    _, width, channels = values.shape
    sums = np.empty(channels)
    scale = 1.0 / (2 * half + 1)
    for y in range(start, stop):
        sums[:] = 0.0
        for x in range(-half, half + 1):
            for c in range(channels):
                sums[c] += values[y, x % width, c]
        for x in range(width):
            leaving, coming = (x - half) % width, (x + half + 1) % width
            for c in range(channels):
                blurred[y, x, c] = sums[c] * scale
                sums[c] += values[y, coming, c] - values[y, leaving, c]


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FASTMATH)
def _blur_columns(values: np.ndarray, blurred: np.ndarray, half: int, start: int, stop: int) -> None:
    """Mean of `2 * half + 1` values along columns start:stop of [H, M], which are mirrored at both ends."""
    last = len(values) - 1
    sums = np.zeros(stop - start)
    scale = 1.0 / (2 * half + 1)
    for y in range(-half, half + 1):
        for i in range(start, stop):
            sums[i - start] += values[abs(y), i]
    for y in range(last + 1):
        leaving, coming = abs(y - half), last - abs(last - (y + half + 1))
        for i in range(start, stop):
            blurred[y, i] = sums[i - start] * scale
            sums[i - start] += values[coming, i] - values[leaving, i]


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FASTMATH)
def _assign(
    values: np.ndarray,
    targets: np.ndarray,
    elements: np.ndarray,
    shape: tuple[int, int],
    rows: np.ndarray,
    columns: np.ndarray,
    group_rows: np.ndarray,
    group_columns: np.ndarray,
    gains: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """Permute all groups of chunks start:stop; gains [chunks] become the decrease of the squared distance."""
    groups = len(group_rows)
    texels = np.empty(4, np.int64)
    products = np.empty((4, 4), np.float32)
    for chunk in range(start, stop):
        end = min((chunk + 1) * _GROUPS_PER_CHUNK, len(rows) * groups)
        for item in range(chunk * _GROUPS_PER_CHUNK, end):
            block, group = item // groups, item % groups
            for i in range(4):
                y, x = rows[block] + group_rows[group, i], columns[block] + group_columns[group, i]
                y -= shape[0] if y >= shape[0] else 0  # cheaper than a division
                x -= shape[1] if x >= shape[1] else 0
                texels[i] = y * shape[1] + x
            if texels.max() >= len(elements):
                continue  # a hole
            _multiply(values, targets, texels, products)
            gain, places = _best_places(products)
            if gain > 0.0:
                # |v - t|² = |v|² - 2 v·t + |t|²: only the products depend on the permutation.
                gains[chunk] += 2.0 * gain
                _move(values, elements, texels, places)


@njit(cache=True, error_model="numpy", forceinline=True, fastmath=_FASTMATH)
def _multiply(values: np.ndarray, targets: np.ndarray, texels: np.ndarray, products: np.ndarray) -> None:
    """products [4, 4]: the scalar product of the features of texel i and the target of texel j."""
    a, b, c, d = texels
    for j in range(4):
        with_a = with_b = with_c = with_d = np.float32(0.0)
        for channel in range(values.shape[1]):
            target = targets[texels[j], channel]
            with_a += values[a, channel] * target
            with_b += values[b, channel] * target
            with_c += values[c, channel] * target
            with_d += values[d, channel] * target
        products[0, j], products[1, j], products[2, j], products[3, j] = with_a, with_b, with_c, with_d


@njit(cache=True, error_model="numpy", forceinline=True)
def _best_places(products: np.ndarray) -> tuple[float, tuple[int, int, int, int]]:
    """Place of each of 4 elements for the largest sum of products, and its gain over staying.

    Elements 0 and 1 get one of six pairs of places, 2 and 3 the others; each pair is taken in its better
    order. That covers the 24 permutations.
    """
    stay = products[0, 0] + products[1, 1] + products[2, 2] + products[3, 3]
    best, places = stay, (0, 1, 2, 3)
    for i in range(3):
        for j in range(i + 1, 4):
            k = 0 if i > 0 else (1 if j > 1 else 2)
            m = 6 - i - j - k
            straight, crossed = products[0, i] + products[1, j], products[0, j] + products[1, i]
            others_straight = products[2, k] + products[3, m]
            others_crossed = products[2, m] + products[3, k]
            total = max(straight, crossed) + max(others_straight, others_crossed)
            if total > best:
                best = total
                first, second = (i, j) if straight >= crossed else (j, i)
                third, fourth = (k, m) if others_straight >= others_crossed else (m, k)
                places = (first, second, third, fourth)
    return best - stay, places


@njit(cache=True, error_model="numpy", forceinline=True)
def _move(
    values: np.ndarray, elements: np.ndarray, texels: np.ndarray, places: tuple[int, int, int, int]
) -> None:
    """Move the element at texel i, and its features, to texel places[i]."""
    a, b, c, d = texels
    to_a, to_b = texels[places[0]], texels[places[1]]
    to_c, to_d = texels[places[2]], texels[places[3]]
    moved = elements[a], elements[b], elements[c], elements[d]
    elements[to_a], elements[to_b], elements[to_c], elements[to_d] = moved
    for channel in range(values.shape[1]):
        old = values[a, channel], values[b, channel], values[c, channel], values[d, channel]
        values[to_a, channel], values[to_b, channel] = old[0], old[1]
        values[to_c, channel], values[to_d, channel] = old[2], old[3]
