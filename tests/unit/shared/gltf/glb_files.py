"""A .glb put together here from the standard, not by the writer under test."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

EXTENSION = "KHR_gaussian_splatting"
TYPES = {np.dtype("f4"): 5126, np.dtype("i1"): 5120, np.dtype("u1"): 5121, np.dtype("i2"): 5122}
WIDTHS = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}


def attributes(count: int = 2, degree: int = 0) -> dict[str, np.ndarray]:
    """Gaussians at (1, 2, 3) and multiples, without rotation, of scales e^-1, opaque by a half, red."""
    values = {
        "POSITION": np.outer(np.arange(1, count + 1), [1, 2, 3]).astype("f4"),
        f"{EXTENSION}:ROTATION": np.tile([0, 0, 0, 1], (count, 1)).astype("f4"),
        f"{EXTENSION}:SCALE": np.full((count, 3), np.exp(-1), "f4"),
        f"{EXTENSION}:OPACITY": np.full((count, 1), 0.5, "f4"),
        f"{EXTENSION}:SH_DEGREE_0_COEF_0": np.tile([1.5, 0, 0], (count, 1)).astype("f4"),
    }
    for each in range(1, degree + 1):
        for index in range(2 * each + 1):
            values[f"{EXTENSION}:SH_DEGREE_{each}_COEF_{index}"] = np.full((count, 3), each + index, "f4")
    return values


def document(values: dict[str, np.ndarray], normalized: tuple[str, ...] = ()) -> tuple[dict[str, Any], bytes]:
    """JSON and binary chunk with one node, mesh and primitive."""
    binary, views, accessors = b"", [], []
    for index, (name, each) in enumerate(values.items()):
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": each.nbytes})
        accessor = {"bufferView": index, "componentType": TYPES[each.dtype], "count": len(each)}
        accessor |= {"type": WIDTHS[each.shape[1]]} | ({"normalized": True} if name in normalized else {})
        accessors.append(accessor)
        binary += each.tobytes() + bytes(-each.nbytes % 4)
    extension = {"kernel": "ellipse", "colorSpace": "srgb_rec709_display"}
    names = {name: index for index, name in enumerate(values)}
    return {
        "asset": {"version": "2.0"},
        "extensionsUsed": [EXTENSION],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": names, "mode": 0, "extensions": {EXTENSION: extension}}]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }, binary


def glb(values: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(values).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
