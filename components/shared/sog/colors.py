"""Base colour and opacity: f_dc by a codebook in RGB, the opacity itself (not its logit) in alpha."""

from __future__ import annotations

import numpy as np

from components.shared.sog.codebook import fit_codebook, nearest
from components.shared.sog.encoded import Encoded

_SMALLEST_OPACITY = 1e-6
"""Logits of 0 and 1 are infinite; readers stay this far away from both."""


def encode_colors(sh0: np.ndarray, opacities: np.ndarray) -> Encoded:
    """f_dc [N, 3] and opacity logits [N]."""
    codebook = fit_codebook(sh0)
    texels = np.empty((len(sh0), 4), np.uint8)
    texels[:, :3] = nearest(codebook, sh0)
    texels[:, 3] = opacity_codes(opacities)
    return Encoded({"codebook": codebook.tolist(), "files": ["sh0.webp"]}, {"sh0.webp": texels})


def opacity_codes(opacities: np.ndarray) -> np.ndarray:
    """Logits [N] to alpha, uint8 [N]; 0 is invisible."""
    # tanh neither overflows nor warns for infinite logits.
    return np.rint((0.5 + 0.5 * np.tanh(0.5 * opacities.astype(np.float64))) * 255).astype(np.uint8)


def decode_opacities(texels: np.ndarray) -> np.ndarray:
    """Opacity logits float32 [N] of texels [N, 4]."""
    opacity = np.clip(texels[:, 3] / 255.0, _SMALLEST_OPACITY, 1.0 - _SMALLEST_OPACITY)
    return np.log(opacity / (1.0 - opacity)).astype(np.float32)
