"""Squared gradients of views with random signs, by the numba kernels: the reference of `torch_squares.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numba import njit

from components.shared.parallel import in_order
from components.shared.ranges import equal_ranges, run_ranges
from components.shared.rasterize.numba_backend.backward import Gradients, backward
from components.shared.rasterize.numba_backend.forward import forward
from components.shared.resources import available_cpus
from components.shared.scene import Camera
from components.shared.splats import Splats, opacities_of_logits

OnView = Callable[[int, np.ndarray, np.ndarray], None]
"""Called after each view with its index, ascending rows [M], and what is added to their colors [M]."""

MIN_TRANSPARENCY, MIN_OPACITY = 0.01, 1e-3
"""Least divisors: an opacity close to 0 or 1 hardly changes with its logit, which then says nothing of it."""
_BLACK = np.zeros(3, np.float32)
_GAUSSIANS_AT_A_TIME = 8 << 20
"""Gaussians that are rendered at the same time, in all threads, to bound the memory."""
_COLUMNS = {"means": slice(0, 3), "quats": slice(3, 6), "scales": slice(6, 9)}
_LOGIT, _COLOR = 9, 10
"""Columns of the sums: a Gaussian's are neighbors in memory."""


def summed_squares(
    splats: Splats, views: Sequence[Camera], seed: int, on_view: OnView
) -> dict[str, np.ndarray]:
    """Sums over the views of squared gradients, by the fields of `Sensitivity`, float64 [N, 3] or [N]."""
    workers = max(1, min(available_cpus(), _GAUSSIANS_AT_A_TIME // max(1, len(splats)), len(views)))
    by_w = splats.quats[:, 1:] / splats.quats[:, :1]
    sums = np.zeros((len(splats), _COLOR + 1))
    added = np.empty(len(splats))

    def differentiate(index: int) -> tuple[np.ndarray, Gradients]:
        return _gradients(splats, views[index], seed + index)

    gradients = in_order(differentiate, range(len(views)), threads=workers, name="views")
    for index, (radii, of_view) in enumerate(gradients):
        values = (of_view.means, of_view.quats, of_view.scales, of_view.opacities, of_view.sh0)
        run_ranges(_add_squares, equal_ranges(len(splats)), radii, by_w, *values, sums, added)
        rows = np.flatnonzero(added)
        on_view(index, rows, added[rows])
    return _by_fields(sums, splats.opacities)


def random_signs(camera: Camera, seed: int) -> np.ndarray:
    """-1 or 1 for each sample of a view, float32 [H, W, 3]."""
    bits = np.random.default_rng(seed).integers(0, 2, (camera.height, camera.width, 3), np.int8)
    return np.asarray(2 * bits - 1).astype(np.float32)


def _gradients(splats: Splats, camera: Camera, seed: int) -> tuple[np.ndarray, Gradients]:
    """Radii [N], which are 0 outside of a view, and gradients of its samples with random signs."""
    rendered = forward(splats, camera, _BLACK, splats.sh_degree)
    signs = random_signs(camera, seed)
    v_alpha = np.zeros(signs.shape[:2], np.float32)
    return rendered.radii, backward(splats, rendered, signs, v_alpha, needs_shN=False)


@njit(cache=True, error_model="numpy", nogil=True)
def _add_squares(
    radii: np.ndarray,
    by_w: np.ndarray,
    means: np.ndarray,
    quats: np.ndarray,
    scales: np.ndarray,
    logits: np.ndarray,
    sh0: np.ndarray,
    sums: np.ndarray,
    added: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """Add the squares of a view's gradients to rows start:stop of sums [N, 11], where radii [N] are not 0.

    by_w [N, 3]: x, y and z of the quaternions over w, which follows from them. added [N]: to the colors.
    """
    added[start:stop] = 0.0
    for i in range(start, stop):
        if radii[i] == 0:
            continue
        for axis in range(3):
            by_mean, by_scale = float(means[i, axis]), float(scales[i, axis])
            tangent = float(quats[i, 1 + axis]) - float(quats[i, 0]) * float(by_w[i, axis])
            sums[i, axis] += by_mean * by_mean
            sums[i, 3 + axis] += tangent * tangent
            sums[i, 6 + axis] += by_scale * by_scale
        by_logit = float(logits[i])
        sums[i, _LOGIT] += by_logit * by_logit
        red, green, blue = float(sh0[i, 0]), float(sh0[i, 1]), float(sh0[i, 2])
        # Each channel has signs of its own, and so is an estimate of its own.
        added[i] = (red * red + green * green + blue * blue) / 3.0
        sums[i, _COLOR] += added[i]


def _by_fields(sums: np.ndarray, logits: np.ndarray) -> dict[str, np.ndarray]:
    """By the fields of `Sensitivity`, of sums [N, 11] of squared gradients and the opacities' logits [N]."""
    opacities = opacities_of_logits(logits)
    # A pixel is linear in each opacity, so that this is exact.
    removal = sums[:, _LOGIT] / np.square(np.maximum(1.0 - opacities, MIN_TRANSPARENCY))
    return {
        **{name: np.ascontiguousarray(sums[:, columns]) for name, columns in _COLUMNS.items()},
        "opacities": removal / np.square(np.maximum(opacities, MIN_OPACITY)),
        "colors": np.ascontiguousarray(sums[:, _COLOR]),
        "removal": removal,
    }
