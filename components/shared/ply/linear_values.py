"""Sizes and opacities that a program wrote as they are, where the layout has logarithms and logits."""

from __future__ import annotations

import numpy as np

from components.shared.splats import logits_of_opacities

_MIN_GAUSSIANS = 100
_MIN_SPREAD = 0.5
"""Of opacities between 0 and 1; logits of trained scenes lie from about -5 to 10."""

_MAX_PART = 0.25
"""Of a scene, that the standard deviation of most of its Gaussians never has."""


def without_linear_values(
    means: np.ndarray, scales: np.ndarray, opacities: np.ndarray
) -> tuple[np.ndarray, np.ndarray, str]:
    """Scales [N, 2 or 3] as logarithms, opacities [N] as logits, and a note on what was done or is doubtful.

    Both are taken for linear only together: no scale is negative, so that each Gaussian would be larger than
    1, and all opacities lie between 0 and 1, far apart. One of both alone may be meant.
    """
    usable = np.isfinite(scales).all(axis=1) & np.isfinite(opacities)
    if usable.sum() < _MIN_GAUSSIANS:
        return scales, opacities, ""
    sizes, alphas = scales[usable], opacities[usable]
    linear_opacities = alphas.min() >= 0 and alphas.max() <= 1 and np.ptp(alphas) >= _MIN_SPREAD
    if linear_opacities and sizes.min() >= 0:
        note = (
            "its scales are sizes and its opacities lie from 0 to 1: no logarithms and logits, used as such"
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(scales), logits_of_opacities(opacities), note
    if linear_opacities:
        return scales, opacities, _doubt("opacities lie from 0 to 1", "logit(opacity)")
    if sizes.min() > 0 and np.exp(np.median(sizes)) > _MAX_PART * _extent(means[usable]):
        seen = "scales make most Gaussians wider than a quarter of the scene"
        return scales, opacities, _doubt(seen, "log(scale)")
    return scales, opacities, ""


def _extent(means: np.ndarray) -> float:
    """Length of the longest side of a box around nine tenths of the points in each axis."""
    low, high = np.nanquantile(means, (0.05, 0.95), axis=0)
    return float((high - low).max())


def _doubt(seen: str, wanted: str) -> str:
    return f"its {seen}: if they look wrong, export it again with {wanted}, which the layout has"
