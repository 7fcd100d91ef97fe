"""Read a .splat (antimatter15's viewer, 2023): records of 32 bytes, and nothing else.

| bytes | content |
|---|---|
| 0–11 | position, 3 float32, in the axes of a ply |
| 12–23 | scale, 3 float32, linear |
| 24–27 | red, green, blue, opacity, from 0 to 255 |
| 28–31 | quaternion wxyz, a component q as 128 + 128 · q |
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from components.shared.errors import InputError
from components.shared.file_kinds import SPLAT, foreign_file_error, kind_of_file
from components.shared.rasterize.conventions import SH_C0
from components.shared.splats import Splats, logits_of_opacities

RECORD = np.dtype([("position", "<f4", 3), ("scale", "<f4", 3), ("color", "u1", 4), ("rotation", "u1", 4)])


def read_splat_file(path: Path) -> Splats:
    """Read a .splat; it has no spherical harmonics beyond the color.

    Raises:
        InputError: the file is of another kind, or its size is no multiple of 32 bytes.
    """
    if kind_of_file(path) != SPLAT:
        raise foreign_file_error(path)
    size = path.stat().st_size
    if size % RECORD.itemsize:
        raise InputError(
            f"{path.name}: it is incomplete: {size:,} bytes are no multiple of {RECORD.itemsize}",
            remedy="Download the file again, or export it again.",
        )
    records = np.fromfile(path, RECORD)
    with np.errstate(all="ignore"):  # scales of 0 are flat Gaussians, negative ones become NaN
        scales = np.log(records["scale"])
    return Splats(
        means=records["position"].copy(),
        quats=(records["rotation"].astype(np.float32) - 128.0) / 128.0,
        scales=scales,
        opacities=logits_of_opacities(records["color"][:, 3] / 255.0),
        sh0=((records["color"][:, :3] / 255.0 - 0.5) / SH_C0).astype(np.float32),
        shN=np.zeros((len(records), 0, 3), np.float32),
    )
