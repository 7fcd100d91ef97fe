"""XMP of a photo as text: in it, programs of 360° cameras and editors say what EXIF has no tag for."""

from __future__ import annotations

import re

from PIL import Image

_KEYS = ("xmp", "XML:com.adobe.xmp", "Raw profile type xmp")
_TIFF_TAG = 700


def read_xmp(image: Image.Image) -> str:
    """XMP of an opened image, or an empty text. It is not parsed: damaged XML can still be searched."""
    for key in _KEYS:
        value = image.info.get(key)
        if value:
            return _text(value)
    tags = getattr(image, "tag_v2", None)
    return _text(tags.get(_TIFF_TAG, b"")) if tags is not None else ""


def xmp_value(xmp: str, name: str) -> str:
    """The value of a property, such as `GPano:ProjectionType`, written as an attribute or an element."""
    found = re.search(rf"""{re.escape(name)}\s*(?:=\s*["']|>)\s*([^"'<]*)""", xmp)
    return found[1].strip() if found else ""


def _text(value: object) -> str:
    if isinstance(value, tuple):  # TIFF tags of single bytes
        value = bytes(item & 255 for item in value if isinstance(item, int))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
