"""Attributes of an SPZ as bytes, and back. All in the axes of the file."""

from __future__ import annotations

import math

import numpy as np

from components.shared.smallest_three import omit_largest, with_largest
from components.shared.splats import logits_of_opacities, opacities_of_logits

_COLOR = 0.15
"""A byte of color is 255 · (0.5 + 0.15 · f_dc), by which f_dc reaches ±3.3."""
_SCALE_STEPS, _SCALE_LOW = 16.0, -10.0
"""Log scales have steps of 1/16, from -10 to 5.94."""
_QUAT_MAX = 511
_XYZW, _WXYZ = [1, 2, 3, 0], [3, 0, 1, 2]
"""Columns of quaternions as the file orders them, and of these as everything else does."""
MAX_POSITION = (1 << 23) - 1
"""Positions are integers of 24 bits with a sign."""
_SH_BUCKETS = np.array([8] * 3 + [16] * 12, np.float32)
"""Bytes of SH are multiples of 8 in degree 1 and of 16 beyond, so that they compress well."""


def encode_positions(means: np.ndarray, fractional_bits: int) -> np.ndarray:
    """Little-endian integers of 24 bits, uint8 [N, 3, 3], of positions [N, 3]."""
    integers = np.rint(means.astype(np.float64) * 2.0**fractional_bits).astype("<i4")
    return np.ascontiguousarray(integers).view(np.uint8).reshape(*integers.shape, 4)[..., :3]


def decode_positions(encoded: np.ndarray, fractional_bits: int) -> np.ndarray:
    """Positions float32 [N, 3] of uint8 [N, 3, 3], or of halves uint8 [N, 3, 2] as in version 1."""
    if encoded.shape[2] == 2:
        return np.ascontiguousarray(encoded).view("<f2")[..., 0].astype(np.float32)
    # The highest byte of 32 bits has the sign; a shift brings it down.
    padded = np.zeros((*encoded.shape[:2], 4), np.uint8)
    padded[..., 1:] = encoded
    integers = padded.view("<i4")[..., 0] >> 8
    return (integers * 2.0**-fractional_bits).astype(np.float32)


def encode_scales(scales: np.ndarray) -> np.ndarray:
    return _as_bytes((scales.astype(np.float64) - _SCALE_LOW) * _SCALE_STEPS)


def decode_scales(encoded: np.ndarray) -> np.ndarray:
    return (encoded / _SCALE_STEPS + _SCALE_LOW).astype(np.float32)


def encode_colors(sh0: np.ndarray) -> np.ndarray:
    return _as_bytes((sh0.astype(np.float64) * _COLOR + 0.5) * 255)


def decode_colors(encoded: np.ndarray) -> np.ndarray:
    return ((encoded / 255.0 - 0.5) / _COLOR).astype(np.float32)


def encode_opacities(logits: np.ndarray) -> np.ndarray:
    return _as_bytes(opacities_of_logits(logits) * 255)


def decode_opacities(encoded: np.ndarray) -> np.ndarray:
    return logits_of_opacities(encoded / 255.0)


def encode_quats(quats: np.ndarray) -> np.ndarray:
    """Bytes uint8 [N, 4] of unit quaternions wxyz [N, 4].

    Little-endian integers of 32 bits: the index of the largest of xyzw in the highest two, then sign and 9
    bits of the size of each other one. The largest is positive.
    """
    kept, omitted = omit_largest(quats[:, _XYZW].astype(np.float64))
    sizes = np.minimum(np.rint(np.abs(kept) * math.sqrt(2.0) * _QUAT_MAX), _QUAT_MAX).astype(np.uint32)
    parts = sizes | (kept < 0).astype(np.uint32) << 9
    packed = omitted.astype(np.uint32) << 30 | parts[:, 0] << 20 | parts[:, 1] << 10 | parts[:, 2]
    return packed.astype("<u4")[:, None].view(np.uint8)


def decode_quats(encoded: np.ndarray) -> np.ndarray:
    """Quaternions wxyz float32 [N, 4] of uint8 [N, 4], or of xyz with one byte each, as before version 3."""
    if encoded.shape[1] == 3:
        return with_largest(encoded / 127.5 - 1.0, np.full(len(encoded), 3))[:, _WXYZ]
    packed = np.ascontiguousarray(encoded).view("<u4")[:, 0]
    parts = np.stack([packed >> shift & 1023 for shift in (20, 10, 0)], axis=1)
    kept = (parts & _QUAT_MAX) * (math.sqrt(0.5) / _QUAT_MAX) * np.where(parts >> 9, -1.0, 1.0)
    return with_largest(kept, packed >> 30)[:, _WXYZ]


def encode_sh(shN: np.ndarray) -> np.ndarray:
    """Bytes uint8 [N, K, 3] of shN [N, K, 3], which is limited to ±1."""
    buckets = _SH_BUCKETS[: shN.shape[1], None]
    return _as_bytes(np.rint(np.clip(shN, -1.0, 1.0) * (128 / buckets)) * buckets + 128)


def decode_sh(encoded: np.ndarray) -> np.ndarray:
    """shN float32 [N, K, 3]; of degree 4, whose K is 24, the first three degrees."""
    return (encoded[:, :15].astype(np.float32) - 128.0) / 128.0


def _as_bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
