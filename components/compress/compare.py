"""Errors of a round trip: original Gaussians against those that were encoded and decoded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from components.shared.ranges import in_ranges
from components.shared.splats import Splats, opacities_of_logits

_SUMMED_ROWS = 1 << 14
"""Rows at a time, whose number does not depend on that of the cores: sums are the same on each."""


@dataclass(frozen=True, slots=True)
class RoundTripErrors:
    """Mean absolute errors over all Gaussians.

    position: Euclidean distance in scene units; rotation_degrees: angle; log_scale: natural log;
    opacity: in [0, 1]; f_rest_snr_db: signal-to-noise ratio, None without f_rest or without an error.
    """

    position: float
    rotation_degrees: float
    log_scale: float
    f_dc: float
    opacity: float
    f_rest_snr_db: float | None


def compare(original: Splats, decoded: Splats) -> RoundTripErrors:
    """Errors of `decoded`, whose Gaussians are in the order and canonical form of `original`."""
    starts = range(0, len(original), _SUMMED_ROWS)
    sums = np.zeros((len(starts), 7))

    def add(first: int, end: int) -> None:
        for index in range(first, end):
            rows = slice(starts[index], starts[index] + _SUMMED_ROWS)
            sums[index] = _sums(original, decoded, rows)

    in_ranges(add, len(starts), at_least=1)
    *errors, noise, signal = sums.sum(axis=0).tolist()
    position, angle, log_scale, f_dc, opacity = (error / len(original) for error in errors)
    return RoundTripErrors(
        position=position,
        rotation_degrees=math.degrees(angle),
        log_scale=log_scale / 3.0,
        f_dc=f_dc / 3.0,
        opacity=opacity,
        f_rest_snr_db=10.0 * math.log10(signal / noise) if noise > 0.0 and signal > 0.0 else None,
    )


def _sums(original: Splats, decoded: Splats, rows: slice) -> list[float]:
    """Of some rows: distances, angles (radians), errors of all else; squared errors and squares of f_rest."""
    opacities = (opacities_of_logits(each.opacities[rows]) for each in (original, decoded))
    signals = original.shN[rows].astype(np.float64).ravel()
    noises = _difference(original.shN[rows], decoded.shN[rows]).ravel()
    return [
        np.linalg.norm(_difference(original.means[rows], decoded.means[rows]), axis=1).sum(),
        _angles(original.quats[rows], decoded.quats[rows]).sum(),
        np.abs(_difference(original.scales[rows], decoded.scales[rows])).sum(),
        np.abs(_difference(original.sh0[rows], decoded.sh0[rows])).sum(),
        np.abs(_difference(*opacities)).sum(),
        noises @ noises,
        signals @ signals,
    ]


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a.astype(np.float64) - b


def _angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles between the rotations of quaternions [N, 4] of any length, in radians."""
    a, b = (quats / np.linalg.norm(quats.astype(np.float64), axis=1, keepdims=True) for quats in (a, b))
    signs = np.where(np.sum(a * b, axis=1, keepdims=True) < 0, -1.0, 1.0)
    # The chord is exact for small angles, where the arc cosine of the dot product is not.
    chords = np.linalg.norm(a - signs * b, axis=1)
    return np.asarray(4.0 * np.arcsin(np.minimum(chords / 2.0, 1.0)))
