"""Scales: logarithms by a codebook, one byte an axis."""

from __future__ import annotations

import numpy as np

from components.compress.codebook import fit_codebook, nearest
from components.compress.encoded import Encoded, opaque


def encode_scales(scales: np.ndarray) -> Encoded:
    """Log scales [N, 3]."""
    codebook = fit_codebook(scales)
    return Encoded(
        {"codebook": codebook.tolist(), "files": ["scales.webp"]},
        {"scales.webp": opaque(nearest(codebook, scales))},
    )
