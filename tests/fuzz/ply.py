"""Splat files of the kind ply: text, binary and compressed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from components.shared.ply.read_ply import read_ply
from components.shared.splats import write_ply
from tests.fuzz.target import Target
from tests.unit.shared.sog.sog_scenes import random_splats

_TEXT = b"""ply
format ascii 1.0
comment SplatRenderMode: mip
element vertex 2
property float x
property float y
property float z
property float f_dc_0
property float f_dc_1
property float f_dc_2
property float opacity
property float scale_0
property float scale_1
property float scale_2
property float rot_0
property float rot_1
property float rot_2
property float rot_3
property list uchar int extra
end_header
0 0 1 .5 .5 .5 2 -4 -4 -4 1 0 0 0 2 7 8
1 0 1 .5 .5 .5 2 -4 -4 -4 1 0 0 0 0
"""


def _seeds() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.ply")
        write_ply(random_splats(3, 3), path)
        binary = path.read_bytes()
    return {"text": _TEXT, "binary": binary, "compressed": _compressed()}


def _compressed() -> bytes:
    names = [f"{end}_{kind}{axis}" for kind in ("", "scale_") for axis in "xyz" for end in ("min", "max")]
    packed = ("packed_position", "packed_rotation", "packed_scale", "packed_color")
    lines = ["ply", "format binary_little_endian 1.0", "element chunk 1"]
    lines += [f"property float {name}" for name in names] + ["element vertex 4"]
    lines += [f"property uint {name}" for name in packed]
    lines += ["element sh 4", *(f"property uchar f_rest_{index}" for index in range(9)), "end_header", ""]
    chunk = np.array([-1, 1] * 3 + [-5, -3] * 3, np.float32)
    vertices = np.arange(16, dtype=np.uint32) * 0x01234567
    return "\n".join(lines).encode() + chunk.tobytes() + vertices.tobytes() + bytes(range(36))


def _read(data: bytes, folder: Path) -> None:
    path = folder / "scene.ply"
    path.write_bytes(data)
    assert read_ply(path) is not None


TARGET = Target(_seeds, _read)
