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
    opacities = (opacities_of_logits(each.opacities) for each in (original, decoded))
    return RoundTripErrors(
        position=float(np.linalg.norm(_difference(original.means, decoded.means), axis=1).mean()),
        rotation_degrees=_mean_angle_degrees(original.quats, decoded.quats),
        log_scale=float(np.abs(_difference(original.scales, decoded.scales)).mean()),
        f_dc=float(np.abs(_difference(original.sh0, decoded.sh0)).mean()),
        opacity=float(np.abs(_difference(*opacities)).mean()),
        f_rest_snr_db=_snr_db(original.shN, decoded.shN),
    )


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a.astype(np.float64) - b


def _mean_angle_degrees(a: np.ndarray, b: np.ndarray) -> float:
    """Mean angle between the rotations of quaternions [N, 4] of any length."""
    a, b = (quats / np.linalg.norm(quats.astype(np.float64), axis=1, keepdims=True) for quats in (a, b))
    signs = np.where(np.sum(a * b, axis=1, keepdims=True) < 0, -1.0, 1.0)
    # The chord is exact for small angles, where the arc cosine of the dot product is not.
    chords = np.linalg.norm(a - signs * b, axis=1)
    return float(np.degrees(4.0 * np.arcsin(np.minimum(chords / 2.0, 1.0))).mean())


def _snr_db(original: np.ndarray, decoded: np.ndarray) -> float | None:
    starts = range(0, len(original), _SUMMED_ROWS)
    sums = np.zeros((len(starts), 2))

    def add(first: int, end: int) -> None:
        for index in range(first, end):
            rows = slice(starts[index], starts[index] + _SUMMED_ROWS)
            signals, errors = (
                original[rows].astype(np.float64).ravel(),
                _difference(original[rows], decoded[rows]).ravel(),
            )
            sums[index] = errors @ errors, signals @ signals

    in_ranges(add, len(starts), at_least=1)
    noise, signal = sums.sum(axis=0).tolist()
    return 10.0 * math.log10(signal / noise) if noise > 0.0 and signal > 0.0 else None
