"""From high dynamic range (PQ, HLG) to the range of a standard display."""

from __future__ import annotations

import numpy as np

DIFFUSE_WHITE_NITS = 203.0
"""Luminance of white paper in PQ, in cd/m² (ITU-R BT.2408)."""
HLG_DIFFUSE_WHITE = 0.26496
"""Scene light of white paper in HLG, a signal of 75 % (ITU-R BT.2408)."""
_KNEE = 0.9


def tone_map(linear: np.ndarray) -> np.ndarray:
    """Linear light in 0..1 of linear sRGB [H, W, 3] or gray [H, W], in which 1 is diffuse white.

    Up to 90 % of diffuse white, light is kept, so that what was graded from SDR to HDR comes back; above, it
    approaches 1 with a continuous slope: `0.9 + 0.1 (1 - exp((0.9 - x) / 0.1))`, and diffuse white becomes
    0.96 (251 of 255). x is the largest of red, green and blue, and all three are scaled alike: the hue is
    kept. Every photo is mapped alike.
    """
    positive = np.maximum(linear, 0.0)
    largest = positive.max(axis=-1, keepdims=True) if linear.ndim == 3 else positive
    above = np.maximum(largest, _KNEE)
    mapped = 1.0 - (1.0 - _KNEE) * np.exp((_KNEE - above) / (1.0 - _KNEE))
    return np.asarray(np.where(largest > _KNEE, positive * (mapped / above), positive), linear.dtype)
