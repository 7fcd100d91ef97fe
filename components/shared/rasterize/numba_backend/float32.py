"""Constants and a function that keep the pixel loops in float32 and in SIMD.

A Python float in a kernel is float64, and so is every expression with it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from components.shared.rasterize.conventions import ALPHA_MAX, ALPHA_MIN, TRANSMITTANCE_MIN

FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
"""Sums over pixels may be reordered, without which they are not vectorised; NaN stays NaN."""

F_ALPHA_MAX = np.float32(ALPHA_MAX)
F_ALPHA_MIN = np.float32(ALPHA_MIN)
F_TRANSMITTANCE_MIN = np.float32(TRANSMITTANCE_MIN)
ZERO, HALF, ONE, TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)

EXP_LIMIT = np.float32(5.6)
"""exp(-EXP_LIMIT) < ALPHA_MIN: there alpha is too low at any opacity."""

# exp(-s / 8) on [0, EXP_LIMIT] with the least greatest relative error, lowest power first.
_E0 = np.float32(9.9999999800e-01)
_E1 = np.float32(-1.2499996788e-01)
_E2 = np.float32(7.8124133023e-03)
_E3 = np.float32(-3.2543137489e-04)
_E4 = np.float32(1.0127817282e-05)
_E5 = np.float32(-2.4260488253e-07)
_E6 = np.float32(3.7192858178e-09)


@njit(cache=True, error_model="numpy", fastmath=FASTMATH)
def exp_negative(s: np.float32) -> np.float32:
    """exp(-s) for s in [0, EXP_LIMIT], relative error below 2e-6. Unlike libm's, it vectorises."""
    eighth = _E0 + s * (_E1 + s * (_E2 + s * (_E3 + s * (_E4 + s * (_E5 + s * _E6)))))
    quarter = eighth * eighth
    half = quarter * quarter
    return half * half
