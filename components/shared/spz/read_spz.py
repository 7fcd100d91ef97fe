"""Read Gaussians from an SPZ of version 1 to 4."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from components.shared.errors import InputError
from components.shared.file_kinds import SPZ, foreign_file_error, kind_of_file
from components.shared.move_splats import HALF_TURN_X, HALF_TURN_Y, HALF_TURN_Z, IDENTITY, rotate_splats
from components.shared.splats import Splats
from components.shared.spz.attributes import (
    decode_colors,
    decode_opacities,
    decode_positions,
    decode_quats,
    decode_scales,
    decode_sh,
)
from components.shared.spz.layout import SpzHeader
from components.shared.spz.read_streams import read_streams

_RIGHT_UP_BACK = 4
_TO_PLY: dict[int, np.ndarray] = {
    0: HALF_TURN_X,  # unspecified: as by default
    1: HALF_TURN_Y,  # left, down, back
    _RIGHT_UP_BACK: HALF_TURN_X,
    6: IDENTITY,  # right, down, front: the axes of a ply
    7: HALF_TURN_Z,  # left, up, front: the axes of glTF
    12: np.sqrt([0.5, 0.5, 0.0, 0.0]),  # right, front, up
}
"""Rotation to the axes of a ply, by the code of the file's right-handed axes."""


def read_spz(path: Path) -> Splats:
    """Read an SPZ. Its axes are x right, y up, z back, unless an extension in it says otherwise.

    Raises:
        InputError: the file is of another kind, damaged, incomplete, or of an unknown version.
    """
    if kind_of_file(path) != SPZ:
        raise foreign_file_error(path)
    try:
        return _read(path.read_bytes())
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", remedy=error.remedy) from error


def _read(data: bytes) -> Splats:
    scene = read_streams(data)
    header, attributes = scene.header, scene.attributes
    splats = Splats(
        means=decode_positions(attributes["positions"], header.fractional_bits),
        quats=decode_quats(attributes["rotations"]),
        scales=decode_scales(attributes["scales"]),
        opacities=decode_opacities(attributes["alphas"]),
        sh0=decode_colors(attributes["colors"]),
        shN=decode_sh(attributes["sh"]),
        antialiased=header.antialiased,
        notes=("of its SH of degree 4, the first three degrees are used",) if header.sh_degree == 4 else (),
    )
    return rotate_splats(splats, _rotation(header))


def _rotation(header: SpzHeader) -> np.ndarray:
    axes = _RIGHT_UP_BACK if header.axes is None else header.axes
    if axes not in _TO_PLY:
        raise InputError(
            f"its axes have code {axes}, which are left-handed or unknown",
            remedy="Export it again with the usual axes of SPZ: right, up, back.",
        )
    return _TO_PLY[axes]
