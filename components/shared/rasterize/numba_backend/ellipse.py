"""How far an ellipse A dx² + 2 B dx dy + C dy² < reach extends over a band of the image."""

from __future__ import annotations

import math

from numba import njit

_NEEDLE = 1e-4
"""Determinant relative to A C below which float32 conics no longer tell where the ellipse ends."""


@njit(cache=True, error_model="numpy")
def span(
    a: float, b: float, c: float, reach: float, low: float, high: float, radius: float
) -> tuple[float, float]:
    """Least and greatest dx of the ellipse where dy is in [low, high]; (1, 0) if it is nowhere there.

    Swap a and c for the extent of dy over a band of dx. Needles get their whole radius.
    """
    determinant = a * c - b * b
    if determinant < _NEEDLE * a * c:
        low, high = max(low, -radius), min(high, radius)
        return (-radius, radius) if low <= high else (1.0, 0.0)
    dy_top = math.sqrt(reach * a / determinant)
    low, high = max(low, -dy_top), min(high, dy_top)
    if low > high:
        return 1.0, 0.0
    # The rightmost point of the whole ellipse; over a band, the nearest to it.
    dy_right = -b / c * math.sqrt(reach * c / determinant)
    at_left, at_right = min(max(-dy_right, low), high), min(max(dy_right, low), high)
    half_left = math.sqrt(max(a * reach - determinant * at_left * at_left, 0.0))
    half_right = math.sqrt(max(a * reach - determinant * at_right * at_right, 0.0))
    return (-b * at_left - half_left) / a, (-b * at_right + half_right) / a
