"""Read Gaussians from a .glb with KHR_gaussian_splatting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from components.shared.errors import InputError
from components.shared.file_kinds import GLB, foreign_file_error, kind_of_file
from components.shared.gltf.layout import (
    EXTENSION,
    OPACITY,
    POSITION,
    ROTATION,
    SCALE,
    invalid_glb_error,
    sh_names,
)
from components.shared.gltf.nodes import placed_meshes, placement_of
from components.shared.gltf.open_glb import Glb, open_glb
from components.shared.move_splats import HALF_TURN_Z, move_splats, rotate_splats
from components.shared.splats import Splats, concatenate_splats, logits_of_opacities

_MIN_BYTES = 6
"""A Gaussian has a position of its own, of three integers of 16 bits at least."""
_MAX_PARTS = 4096
"""Primitives that are read: each takes time, however few Gaussians it has."""
_DISPLAY = "srgb_rec709_display"


def read_glb(path: Path) -> Splats:
    """Read all Gaussians of the scene that the file shows, in the axes of a ply.

    Raises:
        InputError: the file is of another kind, damaged, incomplete, compressed, or has no Gaussians.
    """
    if kind_of_file(path) != GLB:
        raise foreign_file_error(path)
    try:
        with np.errstate(all="ignore"):
            return rotate_splats(_read(open_glb(path)), HALF_TURN_Z)
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", remedy=error.remedy) from error


def _read(glb: Glb) -> Splats:
    parts: list[Splats] = []
    count = 0
    for mesh, transform in placed_meshes(glb):
        for primitive in _primitives(glb, mesh):
            parts.append(_place(_gaussians(glb, primitive), transform))
            count += len(parts[-1])
            if count * _MIN_BYTES > glb.binary_bytes or len(parts) > _MAX_PARTS:
                raise invalid_glb_error(
                    f"it shows {count:,} Gaussians or more in {len(parts):,} primitives, "
                    f"of {glb.binary_bytes:,} bytes"
                )
    if not parts:
        raise InputError(
            f"it has no Gaussians: none of the meshes that it shows has {EXTENSION}",
            remedy="Give a .glb that a 3D Gaussian splatting program wrote: meshes cannot become one.",
        )
    return concatenate_splats(parts)


def _primitives(glb: Glb, mesh: Any) -> list[dict[str, Any]]:
    """The primitives of a mesh that hold Gaussians."""
    listed = glb.item("meshes", mesh).get("primitives")
    primitives = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [each for each in primitives if EXTENSION in _object(each.get("extensions"))]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _place(splats: Splats, transform: np.ndarray) -> Splats:
    if (transform == np.eye(4)).all():
        return splats
    place = placement_of(transform)
    return move_splats(splats, quat=place.quat, scale=place.scale, shift=place.shift)


def _gaussians(glb: Glb, primitive: dict[str, Any]) -> Splats:
    """The Gaussians of a primitive, in the axes of its node."""
    extension = _object(primitive["extensions"][EXTENSION])
    compressions = sorted(_object(extension.get("extensions")))
    if compressions or extension.get("kernel", "ellipse") != "ellipse":
        raise InputError(
            f"its Gaussians need {', '.join(compressions) or extension['kernel']!s:.40}, which is not read",
            remedy="Export the scene as an uncompressed .glb, as SPZ, or as a .ply.",
        )
    attributes = _object(primitive.get("attributes"))
    means = _values(glb, attributes, POSITION, 3)
    rows = len(means)
    quats = _values(glb, attributes, ROTATION, 4, rows)[:, [3, 0, 1, 2]]
    splats = Splats(
        means=means,
        quats=quats,
        scales=np.log(_values(glb, attributes, SCALE, 3, rows)),
        opacities=logits_of_opacities(_values(glb, attributes, OPACITY, 1, rows)[:, 0]),
        sh0=_values(glb, attributes, sh_names(0)[0], 3, rows),
        shN=_rest(glb, attributes, rows),
    )
    space = extension.get("colorSpace", _DISPLAY)
    if space != _DISPLAY:
        note = f"its colors are in {space!s:.40}, and are used as if they were in {_DISPLAY}"
        return replace(splats, notes=(note,))
    return splats


def _rest(glb: Glb, attributes: dict[str, Any], rows: int) -> np.ndarray:
    """shN float32 [N, K, 3] of all degrees that are there."""
    degree = max((each for each in (1, 2, 3) if set(sh_names(each)) & set(attributes)), default=0)
    names = [name for each in range(1, degree + 1) for name in sh_names(each)]
    values = [_values(glb, attributes, name, 3, rows) for name in names]
    return np.stack(values, axis=1) if values else np.zeros((rows, 0, 3), np.float32)


def _values(
    glb: Glb, attributes: dict[str, Any], name: str, width: int, rows: int | None = None
) -> np.ndarray:
    """Values of an attribute, float32 [rows, width]."""
    if name not in attributes:
        raise invalid_glb_error(f"a primitive lacks {name}, which each Gaussian needs")
    values = glb.values(attributes[name])
    if values.shape != (len(values) if rows is None else rows, width):
        raise invalid_glb_error(
            f"{name} has {len(values):,} values of {values.shape[1]} components; "
            f"{len(values) if rows is None else rows:,} of {width} are needed"
        )
    return values
