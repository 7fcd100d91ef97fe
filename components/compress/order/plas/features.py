"""What PLAS makes alike in neighbors: the attributes of Gaussians, in comparable units."""

from __future__ import annotations

import numpy as np

from components.shared.splats import Splats, opacities_of_logits

_POSITION_WEIGHT = 64.0
"""Position textures depend most on the order: files were 4 % smaller than with equal weights."""
_OUTLIERS_PERCENT = 0.5
"""At each end of an attribute, whose range would otherwise be that of a few Gaussians."""
_MAX_CODE = 65535.0


def plas_features(splats: Splats, codes: np.ndarray) -> np.ndarray:
    """Features float32 [N, 14] of N Gaussians with quantized positions uint16 [N, 3], each about in [0, 1].

    Positions are weighted. The rest of spherical harmonics is left out: its palette has an order of its own.
    """
    return np.concatenate(
        [
            codes * (_POSITION_WEIGHT / _MAX_CODE),
            _in_unit_range(splats.scales),
            _in_unit_range(splats.sh0),
            opacities_of_logits(splats.opacities)[:, None],
            splats.quats,
        ],
        axis=1,
        dtype=np.float32,
    )


def _in_unit_range(values: np.ndarray) -> np.ndarray:
    """Columns of [N, D] scaled to [0, 1]; outliers are limited to it."""
    low, high = np.percentile(values, [_OUTLIERS_PERCENT, 100.0 - _OUTLIERS_PERCENT], axis=0)
    return np.clip((values - low) / np.maximum(high - low, 1e-6), 0.0, 1.0)
