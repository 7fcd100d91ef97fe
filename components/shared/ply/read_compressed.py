"""SuperSplat's compressed ply: Gaussians of 16 bytes each, in chunks of 256 with limits of their own.

The element `chunk` has the limits of each chunk; `vertex` has four packed integers; `sh` has f_rest as bytes.
"""

from __future__ import annotations

import math

import numpy as np

from components.shared.ply.columns import Columns
from components.shared.ply.header import invalid_ply_error
from components.shared.rasterize.conventions import SH_C0
from components.shared.smallest_three import with_largest
from components.shared.splats import SH_COEFFICIENTS, Splats

PACKED = "packed_position"
"""The property that tells this layout from the standard one."""

PACKED_NAMES = (PACKED, "packed_rotation", "packed_scale", "packed_color")
LIMIT_NAMES = tuple(
    f"{end}_{name}{axis}"
    for name, axes in (("", "xyz"), ("scale_", "xyz"), ("", "rgb"))
    for end in ("min", "max")
    for axis in axes
)
"""Properties of a chunk; older writers have no limits of the colors."""
CHUNK = 256
SH_RANGE = 8.0
"""f_rest lies from -4 to 4."""


def read_compressed(vertices: Columns, chunks: Columns | None, sh: Columns | None) -> Splats:
    """The Gaussians of the elements `vertex`, `chunk` and `sh`.

    Raises:
        InputError: an element or property is missing, or has too few rows.
    """
    count = len(vertices)
    needed = math.ceil(count / CHUNK)
    if chunks is None or len(chunks) < needed:
        found = 0 if chunks is None else len(chunks)
        raise invalid_ply_error(f"it has {found:,} chunks for {count:,} Gaussians; {needed:,} are needed")
    if sh is not None and len(sh) != count:
        raise invalid_ply_error(f"it has f_rest of {len(sh):,} Gaussians for {count:,} packed ones")
    _check_names(vertices, chunks)
    packed_colors = _packed(vertices, "packed_color")
    colors = np.stack([_unorm(packed_colors, shift, 8) for shift in (24, 16, 8)], axis=1)
    if "min_r" in chunks:
        colors = _between(chunks, _limits("", "rgb"), colors)
    with np.errstate(divide="ignore"):
        opacities = -np.log(1.0 / _unorm(packed_colors, 0, 8) - 1.0)
    positions = _unpack_11_10_11(_packed(vertices, PACKED))
    scales = _unpack_11_10_11(_packed(vertices, "packed_scale"))
    return Splats(
        means=_between(chunks, _limits("", "xyz"), positions).astype(np.float32),
        quats=_unpack_quats(_packed(vertices, "packed_rotation")),
        scales=_between(chunks, _limits("scale_", "xyz"), scales).astype(np.float32),
        opacities=opacities.astype(np.float32),
        sh0=((colors - 0.5) / SH_C0).astype(np.float32),
        shN=_unpack_rest(sh, count),
    )


def _limits(name: str, axes: str) -> list[list[str]]:
    """Properties of a chunk with the smallest and the largest value of each axis."""
    return [[f"{end}_{name}{axis}" for axis in axes] for end in ("min", "max")]


def _check_names(vertices: Columns, chunks: Columns) -> None:
    limits = LIMIT_NAMES if "min_r" in chunks else LIMIT_NAMES[:12]
    missing = [name for name in PACKED_NAMES if name not in vertices]
    missing += [name for name in limits if name not in chunks]
    if missing:
        raise invalid_ply_error(f"it is a compressed ply that lacks {', '.join(missing)}")


def _packed(vertices: Columns, name: str) -> np.ndarray:
    return vertices[name].astype(np.int64)


def _unorm(packed: np.ndarray, shift: int, bits: int) -> np.ndarray:
    """Values float64 [N] from 0 to 1."""
    limit = (1 << bits) - 1
    return (packed >> shift & limit) / limit


def _unpack_11_10_11(packed: np.ndarray) -> np.ndarray:
    return np.stack([_unorm(packed, 21, 11), _unorm(packed, 11, 10), _unorm(packed, 0, 11)], axis=1)


def _between(chunks: Columns, limits: list[list[str]], fractions: np.ndarray) -> np.ndarray:
    """Values float64 [N, 3] at `fractions` between the limits of each Gaussian's chunk."""
    of_chunk = np.arange(len(fractions)) // CHUNK
    low, high = (chunks.stack(names).astype(np.float64)[of_chunk] for names in limits)
    values: np.ndarray = low * (1.0 - fractions) + high * fractions
    return values


def _unpack_quats(packed: np.ndarray) -> np.ndarray:
    """Unit quaternions wxyz float32 [N, 4]: two bits name the omitted component, each other has ten."""
    kept = np.stack([_unorm(packed, shift, 10) for shift in (20, 10, 0)], axis=1)
    return with_largest((kept - 0.5) * math.sqrt(2.0), packed >> 30 & 3)


def _unpack_rest(sh: Columns | None, count: int) -> np.ndarray:
    """shN float32 [N, K, 3]: bytes are the middles of 256 steps, and 0 and 255 the ends of the range."""
    names = [] if sh is None else [name for name in sh.names if name.startswith("f_rest_")]
    coefficients, odd = divmod(len(names), 3)
    if odd or coefficients not in SH_COEFFICIENTS.values() or sh is None:
        if names:
            raise invalid_ply_error(f"it has {len(names)} f_rest values; 9, 24 or 45 are known")
        return np.zeros((count, 0, 3), np.float32)
    missing = [name for i in range(len(names)) if (name := f"f_rest_{i}") not in sh]
    if missing:
        raise invalid_ply_error(f"it lacks {', '.join(missing)}")
    values = sh.stack([f"f_rest_{i}" for i in range(len(names))])
    fractions = np.where(values == 0, 0, np.where(values == 255, 1, (values + 0.5) / 256))
    rest = ((fractions - 0.5) * SH_RANGE).astype(np.float32)
    return np.ascontiguousarray(rest.reshape(count, 3, coefficients).transpose(0, 2, 1))
