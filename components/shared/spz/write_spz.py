"""Write Gaussians as an SPZ of version 4."""

from __future__ import annotations

import math
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import zstandard

from components.shared.errors import InputError
from components.shared.files import atomic_path
from components.shared.move_splats import HALF_TURN_X, rotate_splats, unit_quats
from components.shared.resources import available_cpus
from components.shared.splats import Splats
from components.shared.spz.attributes import (
    MAX_POSITION,
    encode_colors,
    encode_opacities,
    encode_positions,
    encode_quats,
    encode_scales,
    encode_sh,
)
from components.shared.spz.layout import ANTIALIASED, FIRST_ZSTD_VERSION, HEADER, MAGIC, STREAM_ENTRY

_LEVEL = 12
"""Of zstd, as Niantic's writer has it."""
_STEPS_PER_GAUSSIAN = 16
"""Steps of the positions in the middle axis of the median Gaussian."""
_MAX_FRACTIONAL_BITS = 23
_WITHIN = 0.99
"""Part of the Gaussians whose positions decide the range; a sky lies beyond."""


def write_spz(splats: Splats, path: Path) -> None:
    """Write at least one Gaussian, all finite; neighbors in space should be neighbors in the file.

    Raises:
        InputError: many positions are beyond 8,388,607 units.
    """
    bits = _fractional_bits(splats)
    turned = rotate_splats(_pull_in(splats, (MAX_POSITION - 1) / 2.0**bits), HALF_TURN_X)
    streams = [
        encode_positions(turned.means, bits),
        encode_opacities(turned.opacities),
        encode_colors(turned.sh0),
        encode_scales(turned.scales),
        encode_quats(unit_quats(turned.quats)),
        encode_sh(turned.shN),
    ]
    flags = ANTIALIASED if splats.antialiased else 0
    _write_streams(
        (len(splats), splats.sh_degree, bits, flags), [each for each in streams if each.size], path
    )


def _write_streams(header: tuple[int, ...], streams: list[np.ndarray], path: Path) -> None:
    """The file: header, with count, SH degree, fractional bits and flags, table of streams, streams."""
    with ThreadPoolExecutor(available_cpus()) as pool:  # zstandard releases the GIL
        packed = list(pool.map(lambda each: zstandard.compress(each.tobytes(), _LEVEL), streams))
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        table = struct.calcsize(HEADER)
        file.write(struct.pack(HEADER, MAGIC, FIRST_ZSTD_VERSION, *header, len(packed), table))
        for stream, real in zip(packed, streams, strict=True):
            file.write(struct.pack(STREAM_ENTRY, len(stream), real.size))
        for stream in packed:
            file.write(stream)


def _fractional_bits(splats: Splats) -> int:
    """As many as fit beside the positions of nearly all Gaussians, and not more than small ones need."""
    reach = max(float(np.quantile(_reaches(splats), _WITHIN)), 2.0**-_MAX_FRACTIONAL_BITS)
    if reach > MAX_POSITION:
        raise InputError(
            f"Gaussians lie at {reach:,.0f}; SPZ holds positions up to {MAX_POSITION:,}",
            remedy="Move the scene to the origin, or write another format.",
        )
    fitting = math.floor(math.log2((MAX_POSITION - 0.5) / reach))
    middle = float(np.median(np.sort(splats.scales, axis=1)[:, 1]))
    needed = math.ceil((math.log(_STEPS_PER_GAUSSIAN) - middle) / math.log(2.0))
    return max(0, min(fitting, needed, _MAX_FRACTIONAL_BITS))


def _pull_in(splats: Splats, limit: float) -> Splats:
    """The scene with Gaussians beyond `limit` nearer and smaller: from the origin they look the same."""
    factors = np.minimum(limit / np.maximum(_reaches(splats), limit), 1.0)
    scales = splats.scales + np.log(factors).astype(np.float32)[:, None]
    return replace(splats, means=(splats.means * factors[:, None]).astype(np.float32), scales=scales)


def _reaches(splats: Splats) -> np.ndarray:
    """The largest coordinate of each Gaussian, whatever its sign, float64 [N]."""
    reaches: np.ndarray = np.abs(splats.means).max(axis=1).astype(np.float64)
    return reaches
