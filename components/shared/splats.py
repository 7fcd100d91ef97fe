"""Gaussians in memory, and written in the standard 3DGS `.ply` layout (Kerbl et al. 2023).

`ply/` reads that layout and others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from plyfile import PlyData, PlyElement

from components.shared.files import atomic_path
from components.shared.ranges import in_ranges, take_rows

_ANTIALIASED = "SplatRenderMode: mip"
_MIN_OPACITY = 1e-6
_ROWS = 4096
"""Of a ply, filled at a time: they stay in a core's cache."""
SH_COEFFICIENTS = {degree: (degree + 1) ** 2 - 1 for degree in range(4)}
"""SH coefficients K of each color channel in f_rest, by SH degree: all but the first, which is f_dc."""


@dataclass(frozen=True, slots=True)
class Splats:
    """N Gaussians, float32, in the encodings that training optimizes and the ply stores.

    means [N, 3] world; quats [N, 4] wxyz, any length; scales [N, 3] natural log;
    opacities [N] logit; sh0 [N, 3] = f_dc; shN [N, K, 3] with K = 0, 3, 8 or 15.
    antialiased: rendered with the opacity compensation of Mip-Splatting (Yu et al. 2024).
    notes: what the reader of a file took for something else than it is there, as ends of a sentence that
    starts with the file's name.
    """

    means: np.ndarray
    quats: np.ndarray
    scales: np.ndarray
    opacities: np.ndarray
    sh0: np.ndarray
    shN: np.ndarray
    antialiased: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.means)
        expected = {"means": (n, 3), "quats": (n, 4), "scales": (n, 3), "opacities": (n,), "sh0": (n, 3)}
        for name, shape in expected.items():
            assert getattr(self, name).shape == shape, f"{name} is {getattr(self, name).shape}, not {shape}"
        assert self.shN.shape[::2] == (n, 3), f"shN is {self.shN.shape}"
        assert self.shN.shape[1] in SH_COEFFICIENTS.values(), f"shN has {self.shN.shape[1]} coefficients"

    def __len__(self) -> int:
        return len(self.means)

    @property
    def sh_degree(self) -> int:
        """Degree of the spherical harmonics, 0 to 3."""
        return sh_degree_of(self.shN.shape[1])

    def select(self, index: np.ndarray) -> Splats:
        """The Gaussians at `index`: a permutation, indices [M] or a mask [N]."""
        if index.dtype == bool:
            index = np.flatnonzero(index)
        return Splats(
            means=take_rows(self.means, index),
            quats=take_rows(self.quats, index),
            scales=take_rows(self.scales, index),
            opacities=take_rows(self.opacities, index),
            sh0=take_rows(self.sh0, index),
            shN=take_rows(self.shN, index),
            antialiased=self.antialiased,
            notes=self.notes,
        )


def concatenate_splats(parts: Sequence[Splats]) -> Splats:
    """All Gaussians of one or more parts of a scene; those with a lower SH degree get zeros.

    Each note comes once.
    """
    coefficients = max(part.shN.shape[1] for part in parts)
    rest = [np.pad(part.shN, ((0, 0), (0, coefficients - part.shN.shape[1]), (0, 0))) for part in parts]
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("means", "quats", "scales", "opacities", "sh0")
    }
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Splats(**arrays, shN=np.concatenate(rest), antialiased=parts[0].antialiased, notes=notes)


def sh_degree_of(coefficients: int) -> int:
    """SH degree of f_rest with `coefficients` for each color channel: the inverse of `SH_COEFFICIENTS`."""
    return next(degree for degree, each in SH_COEFFICIENTS.items() if each == coefficients)


def opacities_of_logits(logits: np.ndarray) -> np.ndarray:
    """Opacities in [0, 1], float64 [N], of logits [N]: the sigmoid, also of infinite logits."""
    # tanh neither overflows nor warns, unlike 1 / (1 + exp(-x)).
    return 0.5 + 0.5 * np.tanh(0.5 * logits.astype(np.float64))


def logits_of_opacities(opacities: np.ndarray) -> np.ndarray:
    """Logits float32 [N] of opacities [N]; those of 0 and 1, which would be infinite, are 1e-6 away."""
    clipped = np.clip(opacities.astype(np.float64), _MIN_OPACITY, 1.0 - _MIN_OPACITY)
    logits: np.ndarray = np.log(clipped / (1.0 - clipped))
    return logits.astype(np.float32)


def write_ply(splats: Splats, path: Path) -> None:
    """Write the binary little-endian 3DGS layout; f_rest is channel-major."""
    with atomic_path(path) as temporary:
        _as_ply(splats).write(str(temporary))


def ply_bytes(splats: Splats) -> int:
    """Size in bytes of the file that `write_ply` would write."""
    empty = _as_ply(splats.select(np.zeros(0, np.intp)))
    header = f"{empty.header}\n".replace("vertex 0", f"vertex {len(splats)}")
    return len(header) + len(splats) * empty["vertex"].data.dtype.itemsize


def _as_ply(splats: Splats) -> PlyData:
    coefficients = splats.shN.shape[1]
    names = [
        *("x", "y", "z", "nx", "ny", "nz"),
        *(f"f_dc_{i}" for i in range(3)),
        *(f"f_rest_{i}" for i in range(3 * coefficients)),
        "opacity",
        *(f"scale_{i}" for i in range(3)),
        *(f"rot_{i}" for i in range(4)),
    ]
    rows = np.empty((len(splats), len(names)), "<f4")

    def fill(start: int, stop: int) -> None:
        for block in range(start, stop, _ROWS):
            _fill(rows, splats, slice(block, min(block + _ROWS, stop)))

    in_ranges(fill, len(splats))
    vertices = rows.view([(name, "<f4") for name in names])[:, 0]
    return PlyData([PlyElement.describe(vertices, "vertex")], byte_order="<", comments=ply_comments(splats))


def _fill(rows: np.ndarray, splats: Splats, some: slice) -> None:
    """Write some of the Gaussians into the rows [N, columns] of a ply; normals are zeros."""
    rest = 9 + 3 * splats.shN.shape[1]
    rows[some, :3] = splats.means[some]
    rows[some, 3:6] = 0.0
    rows[some, 6:9] = splats.sh0[some]
    rows[some, 9:rest] = splats.shN[some].transpose(0, 2, 1).reshape(some.stop - some.start, rest - 9)
    rows[some, rest] = splats.opacities[some]
    rows[some, rest + 1 : rest + 4] = splats.scales[some]
    rows[some, rest + 4 :] = splats.quats[some]


def ply_comments(splats: Splats) -> list[str]:
    """Comments of a ply's header: the one that Brush and splat-transform use for `antialiased`."""
    return [_ANTIALIASED] if splats.antialiased else []
