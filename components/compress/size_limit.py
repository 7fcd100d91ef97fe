"""A limit of a file's size in words, such as 8MB."""

from __future__ import annotations

import re

from components.shared.errors import InputError

_UNITS = {"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9}
_LEAST_BYTES = 10_000


def parse_size(text: str) -> int | None:
    """Bytes of a text such as "8MB", "500 kB" or "8000000"; None of an empty one. 1 MB is 1,000,000 bytes.

    Raises:
        InputError: it is no size, or too small for any scene.
    """
    if not text.strip():
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kKmMgG]?[bB]?)\s*", text)
    unit = match[2].upper() if match else ""
    size = float(match[1]) * _UNITS[unit if unit in _UNITS else f"{unit}B"] if match else 0.0
    if size < _LEAST_BYTES:
        raise InputError(
            f"compress.size is {text!r}; it must be a size of at least {_LEAST_BYTES // 1000} kB",
            remedy="Give a number and a unit, such as 8MB or 500kB.",
        )
    return int(size)
