"""Positions: sign(x)·ln(1 + |x|) in 16 bits between the ends of each axis, in two textures of 8 bits."""

from __future__ import annotations

import numpy as np

from components.shared.sog.encoded import Encoded, opaque

_MAX_CODE = 65535


def quantize_means(means: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes uint16 [N, 3] of positions [N, 3], and the ends of each axis, float64 [3], in logarithms."""
    logs = np.sign(means) * np.log1p(np.abs(means, dtype=np.float64))
    lows, highs = logs.min(axis=0), logs.max(axis=0)
    spans = np.where(highs > lows, highs - lows, 1.0)
    return np.rint((logs - lows) / spans * _MAX_CODE).astype(np.uint16), lows, highs


def encode_means(codes: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> Encoded:
    """Split what `quantize_means` yields into low and high bytes."""
    return Encoded(
        {"mins": lows.tolist(), "maxs": highs.tolist(), "files": ["means_l.webp", "means_u.webp"]},
        {"means_l.webp": opaque(codes & 255), "means_u.webp": opaque(codes >> 8)},
    )


def decode_means(low: np.ndarray, high: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> np.ndarray:
    """Positions float32 [N, 3] of the two textures' texels [N, 4]."""
    codes = low[:, :3].astype(np.float64) + high[:, :3].astype(np.float64) * 256
    logs = lows + (highs - lows) * (codes / _MAX_CODE)
    return (np.sign(logs) * np.expm1(np.abs(logs))).astype(np.float32)
