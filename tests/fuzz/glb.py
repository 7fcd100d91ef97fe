"""Splat files of the kind glTF binary."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from components.shared.gltf.read_glb import read_glb
from tests.fuzz.target import Target
from tests.unit.shared.gltf.glb_files import attributes, document, glb

_MARK = b"binary:"
"""Between JSON and binary chunk of inputs whose sizes are filled in here."""


def _seeds() -> dict[str, bytes]:
    values, binary = document(attributes(degree=1))
    placed = json.loads(json.dumps(document(attributes())[0]))
    placed["nodes"] = [
        {"mesh": 0, "rotation": [0, 0, 0.6, 0.8], "scale": [2, 2, 2], "translation": [1, 2, 3]},
        {"children": [0], "matrix": [0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1]},
    ]
    placed["scenes"] = [{"nodes": [1]}]
    apart, rows = document(attributes(1))
    apart["bufferViews"][0]["byteStride"] = 12
    return {
        "file": glb(values, binary),
        "nodes": _loose(placed, document(attributes())[1]),
        "stride": _loose(apart, rows),
        "degree 1": _loose(values, binary),
    }


def _loose(values: dict[str, object], binary: bytes) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode() + _MARK + binary


def _read(data: bytes, folder: Path) -> None:
    path = folder / "scene.glb"
    text, found, binary = data.partition(_MARK)
    if found and not data.startswith(b"glTF"):
        chunks = struct.pack("<I4s", len(text), b"JSON") + text
        chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
        data = struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
    path.write_bytes(data)
    splats = read_glb(path)
    assert len(splats) * 6 <= len(data)


TARGET = Target(_seeds, _read, 8192)
