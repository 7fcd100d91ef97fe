"""What cameras look at together."""

from __future__ import annotations

import numpy as np

_MIN_CONVERGENCE = 0.03  # mean squared sine between optical axes that meet


def meeting_point(centers: np.ndarray, directions: np.ndarray) -> np.ndarray | None:
    """Where optical axes [C, 3] of cameras at [C, 3] nearly meet, [3].

    None where they are nearly parallel, as along a façade, or run apart, as in a panorama.
    """
    projections = np.eye(3) - directions[:, :, None] * directions[:, None, :]
    system = projections.mean(axis=0)
    if np.linalg.eigvalsh(system)[0] <= _MIN_CONVERGENCE:
        return None
    meeting: np.ndarray = np.linalg.solve(system, np.einsum("cij,cj->ci", projections, centers).mean(0))
    is_ahead = np.median(np.einsum("ci,ci->c", meeting - centers, directions)) > 0
    return meeting if is_ahead else None
