"""`meta.json` of a SOG, validated: any tool may have written it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from components.shared.numbers import number_in
from components.shared.sog.archive import META, invalid_sog_error
from components.shared.sog.open_files import SogFiles

CODEBOOK_SIZE = 256
_MAX_COUNT = 16383**2
"""Texels of the largest WebP image."""


class Meta:
    """One object of `meta.json`. Each method checks type, length and range, and raises an `InputError`."""

    def __init__(self, values: dict[str, Any], where: str = "") -> None:
        self._values, self._where = values, where

    def __contains__(self, key: str) -> bool:
        return self._values.get(key) is not None

    def section(self, key: str) -> Meta:
        value = self._values.get(key)
        if not isinstance(value, dict):
            raise invalid_sog_error(f"{META} has no section {self._where}{key}")
        return Meta(value, f"{self._where}{key}.")

    def integer(self, key: str, low: int, high: int) -> int:
        """A whole number; other writers have it as 2.0 or as text."""
        value = self._values.get(key)
        number = number_in(value, low, high)
        if number is None or not number.is_integer():
            raise invalid_sog_error(
                f"{self._name(key, value)}; it must be a whole number from {low:,} to {high:,}"
            )
        return int(number)

    def is_zero(self, key: str) -> bool:
        return number_in(self._values.get(key)) == 0.0

    def text(self, key: str) -> str | None:
        """None if the key is missing or its value is no text."""
        value = self._values.get(key)
        return value if isinstance(value, str) else None

    def count(self) -> int:
        """The number of Gaussians."""
        return self.integer("count", 1, _MAX_COUNT)

    def shape_count(self) -> int:
        """The number of Gaussians in version 1: the first number of `shape`."""
        shape = self._values.get("shape")
        first = shape[0] if isinstance(shape, list) and shape else None
        return Meta({"shape[0]": first}, self._where).integer("shape[0]", 1, _MAX_COUNT)

    def numbers(self, key: str, count: int) -> np.ndarray:
        """Finite numbers, float64 [count]; one number may be written without brackets."""
        value = self._values.get(key)
        listed = value if isinstance(value, list) else [value]
        numbers = [number_in(number) for number in listed if not isinstance(number, str)]
        if len(numbers) != count or None in numbers:
            raise invalid_sog_error(f"{self._name(key, value)}; it must be {count} finite numbers")
        return np.array(numbers, np.float64)

    def codebook(self) -> np.ndarray:
        """Codebook float64 [256]."""
        listed = self._values.get("codebook")
        if isinstance(listed, list) and len(listed) == CODEBOOK_SIZE and listed[0] is None is not listed[1]:
            # Older writers stored the log of a scale of 0 as null. Viewers extrapolate it like this.
            rest = Meta({"codebook": listed[1:]}, self._where).numbers("codebook", CODEBOOK_SIZE - 1)
            return np.concatenate([[rest[0] + (rest[0] - rest[-1]) / 255], rest])
        return self.numbers("codebook", CODEBOOK_SIZE)

    def files(self, count: int) -> list[str]:
        """Names of the section's `count` textures."""
        value = self._values.get("files")
        if not isinstance(value, list) or len(value) != count or not all(isinstance(v, str) for v in value):
            raise invalid_sog_error(f"{self._name('files', value)}; it must be {count} file names")
        return value

    def _name(self, key: str, value: Any) -> str:
        shown = json.dumps(value)
        return f"{self._where}{key} in {META} is {shown if len(shown) <= 80 else shown[:77] + '...'}"


def read_index(files: SogFiles, max_bytes: int) -> dict[str, Any]:
    """The values of the index, `meta.json` or `lod-meta.json`.

    Raises:
        InputError: the file is missing or no JSON object.
    """
    data = files.read(files.index, max_bytes=max_bytes)
    try:
        # Names of tools and authors in it may have any encoding.
        values = json.loads(data.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise invalid_sog_error(f"{files.index} is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise invalid_sog_error(f"{files.index} is no JSON object")
    return values
