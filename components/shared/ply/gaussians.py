"""Gaussians of the standard 3DGS layout (Kerbl et al. 2023) and of what else tools write in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from components.shared.errors import InputError
from components.shared.ply.columns import Columns
from components.shared.ply.linear_values import without_linear_values
from components.shared.rasterize.conventions import SH_C0
from components.shared.splats import SH_COEFFICIENTS, Splats, logits_of_opacities

_MEANS, _DC = ["x", "y", "z"], ["f_dc_0", "f_dc_1", "f_dc_2"]
_SCALES, _QUATS = ["scale_0", "scale_1", "scale_2"], ["rot_0", "rot_1", "rot_2", "rot_3"]
_COLORS = (["red", "green", "blue"], ["diffuse_red", "diffuse_green", "diffuse_blue"], ["r", "g", "b"])
_REST = re.compile(r"f_rest_(0|[1-9]\d{0,8})")
_REST_OF_DEGREE_4 = 72
_SAMPLE = 1000
_MAX_STEP = 1e-3
"""Between two positions in float32, as a part of the scene's longest side."""


def read_gaussians(vertices: Columns, *, has_faces: bool) -> Splats:
    """The Gaussians of the element `vertex`; what is not as in the standard layout is in `notes`.

    Raises:
        InputError: properties are missing: their names, and what the file is instead.
    """
    colors = _DC if all(name in vertices for name in _DC) else _color_names(vertices)
    is_flat = "scale_2" not in vertices
    missing = [
        name
        for name in [*_MEANS, "opacity", *(colors or _DC), *_SCALES, *_QUATS]
        if name not in vertices and name != "scale_2"
    ]
    if missing:
        raise _foreign_error(vertices, missing, has_faces)
    rest, rest_note = _read_rest(vertices)
    means = vertices.stack(_MEANS)
    scales, opacities, linear_note = without_linear_values(
        means, vertices.stack(_SCALES[:2] if is_flat else _SCALES), _opacities(vertices)
    )
    if is_flat:
        scales = np.concatenate([scales, np.full((len(scales), 1), -np.inf, np.float32)], axis=1)
    return Splats(
        means=means,
        quats=vertices.stack(_QUATS),
        scales=scales,
        opacities=opacities,
        sh0=vertices.stack(_DC) if colors == _DC else _dc_of_colors(vertices, colors),
        shN=rest,
        notes=tuple(filter(None, (rest_note, linear_note, _position_note(means), *_notes(vertices, colors)))),
    )


def _position_note(means: np.ndarray) -> str:
    """What is lost far from the origin, as in coordinates of a map; empty for other scenes."""
    sample = means[:: max(1, len(means) // _SAMPLE)]
    sample = sample[np.isfinite(sample).all(axis=1)]
    if len(sample) < 2:
        return ""
    low, high = np.quantile(sample, (0.05, 0.95), axis=0)
    farthest = np.abs(np.median(sample, axis=0)).max()
    step = float(np.spacing(np.float32(farthest)))
    extent = (high - low).max()
    if extent == 0 or step <= _MAX_STEP * extent:
        return ""
    return (
        f"it lies {farthest:,.0f} from the origin, where its positions are multiples of {step:g}: move it to "
        "the origin before it is exported"
    )


def _notes(vertices: Columns, colors: list[str]) -> Iterator[str]:
    """What is not as in the standard layout, but for f_rest; `colors` are those that are used."""
    if colors != _DC:
        yield f"its colors are those of {', '.join(colors)}, since it has no f_dc"
    if vertices.type_of("opacity") == np.uint8:
        yield "its opacities are bytes: used as opacities from 0 to 255, not as logits"
    if "scale_2" not in vertices:
        yield "its Gaussians are flat: they have two scales (2D Gaussian splatting)"
    if "filter_3D" in vertices:
        yield "its filter_3D (Mip-Splatting) is not applied: fuse it into scales and opacities first"


def _opacities(vertices: Columns) -> np.ndarray:
    """Opacities [N] as logits; bytes cannot hold those, and are opacities from 0 to 255."""
    values = vertices.stack(["opacity"])[:, 0]
    return logits_of_opacities(values / 255.0) if vertices.type_of("opacity") == np.uint8 else values


def _color_names(vertices: Columns) -> list[str]:
    return next((names for names in _COLORS if all(name in vertices for name in names)), [])


def _dc_of_colors(vertices: Columns, names: list[str]) -> np.ndarray:
    """f_dc [N, 3] of colors: integers of the whole range of their type, or floats from 0 to 1 or to 255."""
    values = vertices.stack(names)
    types = [vertices.type_of(name) for name in names]
    if all(each.kind in "iu" for each in types):
        values /= max(float(np.iinfo(each).max) for each in types)
    elif np.nanmax(values, initial=0.0) > 1.0:
        values /= 255.0
    return (values - np.float32(0.5)) / np.float32(SH_C0)


def _read_rest(vertices: Columns) -> tuple[np.ndarray, str]:
    """f_rest as shN float32 [N, K, 3], and a note if there is more than K = 15 coefficients.

    Raises:
        InputError: f_rest has gaps, or a number of values that belongs to no SH degree.
    """
    found = sorted(int(match[1]) for name in vertices.names if (match := _REST.fullmatch(name)))
    gap = next((i for i, number in enumerate(found) if i != number), None)
    if gap is not None:
        raise _rest_error(f"it has f_rest_{found[gap]} but lacks f_rest_{gap}")
    sizes = {3 * each: each for each in SH_COEFFICIENTS.values()} | {_REST_OF_DEGREE_4: 15}
    if len(found) not in sizes:
        raise _rest_error(
            f"it has {len(found)} f_rest values; a scene of SH degree 0, 1, 2 or 3 has 0, 9, 24 or 45"
        )
    each = len(found) // 3
    kept = sizes[len(found)]
    names = [f"f_rest_{channel * each + i}" for i in range(kept) for channel in range(3)]
    note = "of its SH of degree 4, the first three degrees are used" if kept < each else ""
    return vertices.stack(names).reshape(len(vertices), kept, 3), note


def _rest_error(problem: str) -> InputError:
    return InputError(
        problem,
        remedy="Export the scene again with complete spherical harmonics, or without any (SH degree 0).",
    )


def _foreign_error(vertices: Columns, missing: list[str], has_faces: bool) -> InputError:
    """The error for a ply that has not all properties of Gaussians: what it is instead."""
    lacks = f"it lacks {', '.join(missing)}"
    if any(name.startswith("f_anchor_feat") for name in vertices.names):
        return InputError(
            f"it holds the anchors of Scaffold-GS, not its Gaussians: {lacks}",
            remedy="Its network makes the Gaussians: export them as a 3D Gaussian splatting .ply.",
        )
    if "opacity" in vertices or any(name in vertices for name in [*_SCALES, *_QUATS, *_DC]):
        return InputError(
            f"{lacks}, which each Gaussian needs",
            remedy="Export the scene again as a 3D Gaussian splatting .ply with all its properties.",
        )
    kind = "a mesh" if has_faces else "a point cloud"
    return InputError(
        f"it is {kind}, not a scene of Gaussians: {lacks}",
        remedy="Give the .ply that a 3D Gaussian splatting program wrote; points and meshes cannot be turned "
        "into one.",
    )
