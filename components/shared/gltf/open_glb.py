"""Open a .glb: its JSON, and its accessors as arrays. Everything is checked against the file's size."""

from __future__ import annotations

import json
import mmap
import struct
from pathlib import Path
from typing import Any

import numpy as np

from components.shared.errors import InputError
from components.shared.gltf.layout import (
    BIN_CHUNK,
    CHUNK,
    COMPONENT_TYPES,
    HEADER,
    JSON_CHUNK,
    MAGIC,
    VERSION,
    WIDTHS,
    invalid_glb_error,
)
from components.shared.numbers import number_in

_MAX_JSON_BYTES = 16 << 20
_CHUNK_BYTES = struct.calcsize(CHUNK)


class Glb:
    """document: the JSON; its values have been checked as little as any file's."""

    def __init__(self, document: dict[str, Any], binary: memoryview) -> None:
        self.document, self._binary = document, binary

    @property
    def binary_bytes(self) -> int:
        return len(self._binary)

    def item(self, kind: str, index: Any) -> dict[str, Any]:
        """The object at `index` of a list at the top level, as "meshes".

        Raises:
            InputError: there is no such list, index or object.
        """
        listed = self.document.get(kind)
        items = listed if isinstance(listed, list) else []
        at = whole_number(index, f"an index into {kind}", len(items) - 1)
        if not isinstance(items[at], dict):
            raise invalid_glb_error(f"{kind}[{at}] is no object")
        return items[at]

    def values(self, index: Any) -> np.ndarray:
        """Values of an accessor, float32 [N, width]; integers that are normalized lie from -1 or 0 to 1.

        Raises:
            InputError: its type is unknown, or it reaches beyond its buffer.
        """
        accessor = self.item("accessors", index)
        if "sparse" in accessor or "bufferView" not in accessor:
            raise InputError(
                f"accessor {index} is sparse or compressed, which is not read",
                remedy="Export the scene as an uncompressed .glb, as SPZ, or as a .ply.",
            )
        stored = self._elements(accessor, self._view(accessor["bufferView"]))
        values: np.ndarray = stored.astype(np.float32)
        if accessor.get("normalized") is True and stored.dtype.kind in "iu":
            values = np.maximum(values / np.iinfo(stored.dtype).max, -1.0)
        return values

    def _elements(self, accessor: dict[str, Any], view: tuple[memoryview, int]) -> np.ndarray:
        data, stride = view
        component, width = accessor.get("componentType"), WIDTHS.get(str(accessor.get("type")))
        if not isinstance(component, int) or component not in COMPONENT_TYPES or width is None:
            raise invalid_glb_error(f"an accessor has type {accessor.get('type')} of {component}")
        kind = np.dtype(COMPONENT_TYPES[component])
        size = kind.itemsize * width
        stride = stride or size
        start = whole_number(accessor.get("byteOffset", 0), "byteOffset", len(data))
        count = whole_number(accessor.get("count"), "the count of an accessor")
        if stride < size or (count and start + (count - 1) * stride + size > len(data)):
            raise invalid_glb_error(
                f"an accessor has {count:,} elements of {size} bytes, {stride} apart; its buffer view has "
                f"{len(data):,} bytes"
            )
        return np.ndarray((count, width), kind, data, start, (stride, kind.itemsize))

    def _view(self, index: Any) -> tuple[memoryview, int]:
        """Bytes of a buffer view, and the distance of its elements, 0 if they lie side by side."""
        view = self.item("bufferViews", index)
        buffer = self.item("buffers", view.get("buffer"))
        if "extensions" in view or "uri" in buffer or view["buffer"] != 0:
            raise InputError(
                f"buffer view {index} is compressed, or in another file",
                remedy="Export the scene as an uncompressed .glb, as SPZ, or as a .ply.",
            )
        start = whole_number(view.get("byteOffset", 0), "byteOffset", len(self._binary))
        size = whole_number(view.get("byteLength"), "byteLength", len(self._binary) - start)
        return self._binary[start : start + size], whole_number(view.get("byteStride", 0), "byteStride")


def whole_number(value: Any, name: str, high: int = 2**53) -> int:
    """A whole number from 0 to `high`; text is none.

    Raises:
        InputError: it is anything else.
    """
    number = None if isinstance(value, str) else number_in(value, 0, high)
    if number is None or not number.is_integer():
        raise invalid_glb_error(f"{name} is {str(value)[:40]}; it must be a whole number from 0 to {high:,}")
    return int(number)


def open_glb(path: Path) -> Glb:
    """Open a .glb of glTF 2.0.

    Raises:
        InputError: it is of another version, incomplete, or its JSON cannot be read.
    """
    with path.open("rb") as file:
        return _parse(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


def _parse(data: memoryview) -> Glb:
    if len(data) < struct.calcsize(HEADER) + _CHUNK_BYTES:
        raise invalid_glb_error(f"it is incomplete: it has {len(data)} bytes, fewer than its header")
    magic, version, total = struct.unpack_from(HEADER, data)
    if magic != MAGIC or version != VERSION:
        raise InputError(
            f"it is a glTF of version {version}; version {VERSION} can be read",
            remedy="Export the scene as glTF 2.0 with KHR_gaussian_splatting, or as a .ply.",
        )
    if total > len(data):
        raise invalid_glb_error(f"it is incomplete: it has {len(data):,} bytes; its header says {total:,}")
    text, start = _chunk(data, struct.calcsize(HEADER), JSON_CHUNK)
    binary = _chunk(data, start, BIN_CHUNK)[0] if start + _CHUNK_BYTES <= len(data) else data[:0]
    return Glb(_document(text), binary)


def _chunk(data: memoryview, start: int, kind: bytes) -> tuple[memoryview, int]:
    """Content of the chunk at `start`, and where it ends."""
    size, found = struct.unpack_from(CHUNK, data, start)
    start += _CHUNK_BYTES
    if found != kind:
        raise invalid_glb_error(f"it has a chunk of type {found!r} where {kind!r} should be")
    if size > len(data) - start:
        raise invalid_glb_error(
            f"it is incomplete: a chunk has {size:,} bytes, of which {len(data) - start:,} follow"
        )
    return data[start : start + size], start + size


def _document(text: memoryview) -> dict[str, Any]:
    if len(text) > _MAX_JSON_BYTES:
        raise invalid_glb_error(f"its JSON has {len(text):,} bytes; at most {_MAX_JSON_BYTES:,} are read")
    try:
        document = json.loads(bytes(text).decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise invalid_glb_error(f"its JSON cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise invalid_glb_error("its JSON is no object")
    return document
