"""Write SuperSplat's compressed ply: see `read_compressed.py`."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from plyfile import PlyData, PlyElement

from components.shared.files import atomic_path
from components.shared.move_splats import unit_quats
from components.shared.ply.read_compressed import CHUNK, LIMIT_NAMES, PACKED_NAMES, SH_RANGE
from components.shared.rasterize.conventions import SH_C0
from components.shared.smallest_three import omit_largest
from components.shared.splats import Splats, opacities_of_logits, ply_comments


def write_compressed_ply(splats: Splats, path: Path) -> None:
    """Write at least one Gaussian, all finite, whose neighbors in space should be neighbors in the file.

    A chunk of 256 spans its positions with 10 or 11 bits.
    """
    limits, packed = _pack(splats)
    elements = [PlyElement.describe(limits, "chunk"), PlyElement.describe(packed, "vertex")]
    if splats.sh_degree:
        elements.append(PlyElement.describe(_rest(splats.shN), "sh"))
    data = PlyData(elements, byte_order="<", comments=ply_comments(splats))
    with atomic_path(path) as temporary:
        data.write(str(temporary))


def _pack(splats: Splats) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the elements `chunk` and `vertex`."""
    colors = splats.sh0.astype(np.float64) * SH_C0 + 0.5
    columns = [_fractions(each) for each in (splats.means, splats.scales, colors)]
    limits = np.empty(len(columns[0][1]), [(name, "<f4") for name in LIMIT_NAMES])
    for name, values in zip(
        LIMIT_NAMES, np.concatenate([each[1] for each in columns], axis=1).T, strict=True
    ):
        limits[name] = values
    positions, scales, colors = (each[0] for each in columns)
    opacities = opacities_of_logits(splats.opacities)
    packed = np.empty(len(splats), [(name, "<u4") for name in PACKED_NAMES])
    packed["packed_position"] = _bits(positions, (11, 10, 11))
    packed["packed_rotation"] = _pack_quats(unit_quats(splats.quats))
    packed["packed_scale"] = _bits(scales, (11, 10, 11))
    packed["packed_color"] = _bits(np.column_stack([colors, opacities]), (8, 8, 8, 8))
    return limits, packed


def _fractions(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where values [N, 3] lie in their chunk, 0 to 1, and the limits of each chunk, float32 [C, 6]."""
    count = len(values)
    padded = np.pad(values.astype(np.float64), ((0, -count % CHUNK), (0, 0)), mode="edge")
    chunks = padded.reshape(-1, CHUNK, 3)
    lows, highs = (limit.astype(np.float32).astype(np.float64) for limit in (chunks.min(1), chunks.max(1)))
    spans = np.where(highs > lows, highs - lows, 1.0)
    fractions = np.clip((chunks - lows[:, None]) / spans[:, None], 0.0, 1.0)
    return fractions.reshape(-1, 3)[:count], np.concatenate([lows, highs], axis=1).astype(np.float32)


def _bits(fractions: np.ndarray, widths: tuple[int, ...]) -> np.ndarray:
    """Integers uint32 [N] of fractions [N, len(widths)], the first in the highest bits."""
    packed = np.zeros(len(fractions), np.uint32)
    for column, width in zip(fractions.T, widths, strict=True):
        packed = packed << np.uint32(width) | np.rint(column * ((1 << width) - 1)).astype(np.uint32)
    return packed


def _pack_quats(quats: np.ndarray) -> np.ndarray:
    """Integers uint32 [N] of unit quaternions wxyz [N, 4]: the largest component is named and left out."""
    kept, omitted = omit_largest(quats)
    fractions = np.clip(kept * math.sqrt(0.5) + 0.5, 0.0, 1.0)
    return omitted.astype(np.uint32) << np.uint32(30) | _bits(fractions, (10, 10, 10))


def _rest(shN: np.ndarray) -> np.ndarray:
    """Rows of the element `sh`: bytes of f_rest, channel by channel."""
    values = shN.transpose(0, 2, 1).reshape(len(shN), -1)
    bytes_ = np.clip(np.floor((values / SH_RANGE + 0.5) * 256), 0, 255).astype(np.uint8)
    rows = np.empty(len(shN), [(f"f_rest_{i}", "u1") for i in range(values.shape[1])])
    for i, column in enumerate(bytes_.T):
        rows[f"f_rest_{i}"] = column
    return rows
