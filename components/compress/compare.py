"""What the round trip through a file has changed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from components.shared.splats import Splats


@dataclass(frozen=True, slots=True)
class RoundTripErrors:
    """Means over all Gaussians, of absolute values where nothing else is said.

    position: distance in scene units; rotation in degrees; log_scale natural; f_dc; opacity in [0, 1];
    f_rest_snr_db: signal to noise ratio, None without f_rest or without an error.
    """

    position: float
    rotation_degrees: float
    log_scale: float
    f_dc: float
    opacity: float
    f_rest_snr_db: float | None


def compare(before: Splats, after: Splats) -> RoundTripErrors:
    """Compare Gaussian by Gaussian; both are in the same order and form."""
    return RoundTripErrors(
        position=float(np.linalg.norm(_difference(before.means, after.means), axis=1).mean()),
        rotation_degrees=_mean_angle_degrees(before.quats, after.quats),
        log_scale=float(np.abs(_difference(before.scales, after.scales)).mean()),
        f_dc=float(np.abs(_difference(before.sh0, after.sh0)).mean()),
        opacity=float(np.abs(_sigmoid(before.opacities) - _sigmoid(after.opacities)).mean()),
        f_rest_snr_db=_snr_db(before.shN, after.shN),
    )


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a.astype(np.float64) - b


def _mean_angle_degrees(a: np.ndarray, b: np.ndarray) -> float:
    a, b = (quats / np.linalg.norm(quats.astype(np.float64), axis=1, keepdims=True) for quats in (a, b))
    signs = np.where(np.sum(a * b, axis=1, keepdims=True) < 0, -1.0, 1.0)
    # The chord is exact for small angles, where the arc cosine of the product is not.
    chords = np.linalg.norm(a - signs * b, axis=1)
    return float(np.degrees(4.0 * np.arcsin(np.minimum(chords / 2.0, 1.0))).mean())


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * logits.astype(np.float64))


def _snr_db(before: np.ndarray, after: np.ndarray) -> float | None:
    noise = float(np.sum(np.square(_difference(before, after))))
    signal = float(np.sum(np.square(before, dtype=np.float64)))
    return 10.0 * math.log10(signal / noise) if noise > 0.0 and signal > 0.0 else None
