"""Scales: logarithms by a codebook, one byte an axis."""

from __future__ import annotations

import numpy as np

from components.shared.sog.codebook import fit_codebook, nearest
from components.shared.sog.encoded import Encoded, opaque


def encode_scales(scales: np.ndarray) -> Encoded:
    """Log scales [N, 3]."""
    codebook = fit_codebook(scales)
    return Encoded(
        {"codebook": codebook.tolist(), "files": ["scales.webp"]},
        {"scales.webp": opaque(nearest(codebook, scales))},
    )
