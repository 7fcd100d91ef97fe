"""The point that cameras look at."""

from __future__ import annotations

import numpy as np

_MIN_CONVERGENCE = 0.03  # mean squared sine of the angles between the optical axes


def focus_of_attention(centers: np.ndarray, directions: np.ndarray) -> np.ndarray | None:
    """Point [3] closest to the optical axes of cameras, in the least-squares sense.

    centers [C, 3], directions [C, 3] of unit length. None where the axes are nearly parallel, as along a
    façade, or diverge, as in a panorama.
    """
    projections = np.eye(3) - directions[:, :, None] * directions[:, None, :]
    system = projections.mean(axis=0)
    if np.linalg.eigvalsh(system)[0] <= _MIN_CONVERGENCE:
        return None
    focus: np.ndarray = np.linalg.solve(system, np.einsum("cij,cj->ci", projections, centers).mean(0))
    is_ahead = np.median(np.einsum("ci,ci->c", focus - centers, directions)) > 0
    return focus if is_ahead else None
