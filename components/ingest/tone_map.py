"""From high dynamic range (PQ, HLG) to the range of a standard display."""

from __future__ import annotations

import numpy as np

DIFFUSE_WHITE_NITS = 203.0
"""Luminance of white paper in HDR pictures, in cd/m² (ITU-R BT.2408)."""
_HLG_PEAK_NITS = 1000.0
_HLG_GAMMA = 1.2
_BT2020_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)
_KNEE = 0.6


def hlg_scene_to_display(scene: np.ndarray) -> np.ndarray:
    """Display light of HLG's scene light (BT.2100), for a display of 1000 cd/m²; 1 is diffuse white.

    scene: linear BT.2020 [..., H, W, 3], or gray [H, W].
    """
    luminance = (scene @ _BT2020_LUMINANCE)[..., None] if scene.ndim == 3 else scene
    gain = _HLG_PEAK_NITS / DIFFUSE_WHITE_NITS * luminance ** (_HLG_GAMMA - 1.0)
    return np.asarray(scene * gain, scene.dtype)


def tone_map(linear: np.ndarray) -> np.ndarray:
    """Linear light in 0..1 of linear sRGB [H, W, 3] or gray [H, W], in which 1 is diffuse white.

    Up to 60 % of diffuse white, light is kept; above, it approaches 1 with a continuous slope:
    `0.6 + 0.4 (1 - exp((0.6 - x) / 0.4))`, so that diffuse white becomes 0.85 (238 of 255). x is the largest
    of red, green and blue, and all three are scaled alike: the hue is kept. Every photo is mapped alike.
    """
    positive = np.maximum(linear, 0.0)
    largest = positive.max(axis=-1, keepdims=True) if linear.ndim == 3 else positive
    above = np.maximum(largest, _KNEE)
    mapped = 1.0 - (1.0 - _KNEE) * np.exp((_KNEE - above) / (1.0 - _KNEE))
    return np.asarray(np.where(largest > _KNEE, positive * (mapped / above), positive), linear.dtype)
