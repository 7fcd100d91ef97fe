"""JPEGs whose data end before the picture does, with a mark of the end behind: the rest is shown as gray."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from components.ingest.metadata.jpeg_segments import start_of_end
from components.ingest.photos.measure_sharpness import luminance

_FILL = 128
"""What decoders show for blocks without data."""
_MORE_DATA = bytes(range(1, 251)) * 64


def missing_rows(path: Path, gray: np.ndarray) -> float:
    """Fraction of a JPEG's rows that its data do not reach; 0 for a complete one.

    gray: its luminance, as `luminance` returns it. A picture may end in gray rows of its own. More data
    before the end would change those that are missing, and no others.
    """
    is_fill = (gray == _FILL).all(axis=1)
    rows = len(is_fill) if is_fill.all() else int(np.argmin(is_fill[::-1]))
    if not rows:
        return 0.0
    data = path.read_bytes()
    end = start_of_end(data)
    if end is None:
        return 0.0
    longer = Image.open(io.BytesIO(data[:end] + _MORE_DATA + data[end:]), formats=("JPEG",))
    with longer:
        continued = luminance(longer)
    return 0.0 if np.array_equal(continued[-rows:], gray[-rows:]) else rows / len(gray)
