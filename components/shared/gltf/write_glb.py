"""Write Gaussians as a .glb with KHR_gaussian_splatting, uncompressed."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.shared.errors import InputError
from components.shared.files import atomic_path
from components.shared.gltf.layout import (
    BIN_CHUNK,
    CHUNK,
    COLOR,
    COMPONENT_TYPES,
    EXTENSION,
    HEADER,
    JSON_CHUNK,
    MAGIC,
    OPACITY,
    POINTS,
    POSITION,
    ROTATION,
    SCALE,
    VERSION,
    WIDTHS,
    sh_names,
)
from components.shared.move_splats import HALF_TURN_Z, rotate_splats, unit_quats
from components.shared.rasterize.conventions import SH_C0
from components.shared.splats import Splats, opacities_of_logits

_MAX_BYTES = 2**32 - 1
_ARRAY_BUFFER = 34962
_KERNEL = {
    "kernel": "ellipse",
    "colorSpace": "srgb_rec709_display",
    "sortingMethod": "cameraDistance",
    "projection": "perspective",
}
_TYPE_NAMES = {width: name for name, width in WIDTHS.items()}
_COMPONENTS = {np.dtype(name): code for code, name in COMPONENT_TYPES.items()}


@dataclass(frozen=True, slots=True)
class _Attribute:
    """values: [N] or [N, width]; integers stand for fractions of their largest value."""

    name: str
    values: np.ndarray

    def accessor(self, view: int) -> dict[str, Any]:
        """Its description, with the limits that glTF asks for positions."""
        width = self.values.shape[1] if self.values.ndim == 2 else 1
        described = {
            "bufferView": view,
            "componentType": _COMPONENTS[self.values.dtype],
            "count": len(self.values),
            "type": _TYPE_NAMES[width],
        }
        if self.values.dtype.kind == "u":
            described["normalized"] = True
        if self.name == POSITION:
            described["min"] = self.values.min(axis=0).tolist()
            described["max"] = self.values.max(axis=0).tolist()
        return described


def write_glb(splats: Splats, path: Path) -> None:
    """Write at least one Gaussian, all finite, in glTF's axes: x left, y up, z forward. See README.md.

    Raises:
        InputError: the file would exceed 4 GiB, the limit of its header.
    """
    attributes = list(_attributes(rotate_splats(splats, HALF_TURN_Z)))
    binary_bytes = sum(each.values.nbytes for each in attributes)
    text = json.dumps(_document(attributes, binary_bytes), separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    total = struct.calcsize(HEADER) + 2 * struct.calcsize(CHUNK) + len(text) + binary_bytes
    if total > _MAX_BYTES:
        raise InputError(
            f"{len(splats):,} Gaussians need {total:,} bytes; a .glb holds at most {_MAX_BYTES:,}",
            remedy="Write another format, or train with a lower --max-gaussians.",
        )
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(struct.pack(HEADER, MAGIC, VERSION, total))
        file.write(struct.pack(CHUNK, len(text), JSON_CHUNK) + text)
        file.write(struct.pack(CHUNK, binary_bytes, BIN_CHUNK))
        for each in attributes:
            np.ascontiguousarray(each.values).tofile(file)


def _attributes(splats: Splats) -> Iterator[_Attribute]:
    """All attributes of Gaussians in glTF's axes; each value has a multiple of 4 bytes, as glTF asks."""
    opacities = opacities_of_logits(splats.opacities).astype(np.float32)
    yield _Attribute(POSITION, splats.means)
    yield _Attribute(COLOR, _point_colors(splats.sh0, opacities))
    yield _Attribute(ROTATION, unit_quats(splats.quats)[:, [1, 2, 3, 0]].astype(np.float32))
    yield _Attribute(SCALE, np.exp(splats.scales))
    yield _Attribute(OPACITY, opacities)
    names = [name for degree in range(1, splats.sh_degree + 1) for name in sh_names(degree)]
    yield _Attribute(sh_names(0)[0], splats.sh0)
    for index, name in enumerate(names):
        yield _Attribute(name, splats.shN[:, index])


def _point_colors(sh0: np.ndarray, opacities: np.ndarray) -> np.ndarray:
    """Linear colors uint8 [N, 4], for viewers that know no Gaussians and show points."""
    display = np.clip(0.5 + SH_C0 * sh0.astype(np.float64), 0.0, 1.0)
    linear = np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)
    return np.rint(np.concatenate([linear, opacities[:, None]], axis=1) * 255).astype(np.uint8)


def _document(attributes: list[_Attribute], binary_bytes: int) -> dict[str, Any]:
    views, start = [], 0
    for each in attributes:
        views.append({"buffer": 0, "byteOffset": start, "byteLength": each.values.nbytes})
        start += each.values.nbytes
    primitive = {
        "attributes": {each.name: index for index, each in enumerate(attributes)},
        "mode": POINTS,
        "extensions": {EXTENSION: _KERNEL},
    }
    return {
        "asset": {"version": "2.0", "generator": "kubesplat"},
        "extensionsUsed": [EXTENSION],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "accessors": [each.accessor(view) for view, each in enumerate(attributes)],
        "bufferViews": [view | {"target": _ARRAY_BUFFER} for view in views],
        "buffers": [{"byteLength": binary_bytes}],
    }
