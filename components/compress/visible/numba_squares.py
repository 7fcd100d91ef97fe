"""Squared gradients of views with random signs, by the numba kernels: the reference of `torch_squares.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from components.shared.rasterize.numba_backend.backward import backward
from components.shared.rasterize.numba_backend.forward import forward
from components.shared.resources import available_cpus
from components.shared.scene import Camera
from components.shared.splats import Splats, opacities_of_logits

OnView = Callable[[int, np.ndarray, np.ndarray], None]
"""Called after each view with its index, ascending rows [M], and what is added to their colors [M]."""

MIN_TRANSPARENCY, MIN_OPACITY = 0.01, 1e-3
"""Renderers limit an opacity to 0.99; beyond, its logit says nothing."""
_BLACK = np.zeros(3, np.float32)
_GAUSSIANS_AT_A_TIME = 8 << 20
"""Gaussians that are rendered at the same time, in all threads, to bound the memory."""


def summed_squares(
    splats: Splats, views: Sequence[Camera], seed: int, on_view: OnView
) -> dict[str, np.ndarray]:
    """Sums over the views of squared gradients, by the fields of `Sensitivity`, float64 [N, 3] or [N]."""
    workers = max(1, min(available_cpus(), _GAUSSIANS_AT_A_TIME // max(1, len(splats)), len(views)))
    count = len(splats)
    sums: dict[str, np.ndarray] = {name: np.zeros((count, 3)) for name in ("means", "quats", "scales")}
    sums |= {name: np.zeros(count) for name in ("opacities", "colors", "removal")}
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(views), workers):  # no more results in memory than workers
            batch = range(start, min(start + workers, len(views)))
            squares = pool.map(lambda index: _squares(splats, views[index], seed + index), batch)
            for index, (rows, values) in zip(batch, squares, strict=True):
                for name, added in values.items():
                    sums[name][rows] += added
                on_view(index, rows, values["colors"])
    return sums


def random_signs(camera: Camera, seed: int) -> np.ndarray:
    """-1 or 1 for each sample of a view, float32 [H, W, 3]."""
    bits = np.random.default_rng(seed).integers(0, 2, (camera.height, camera.width, 3), np.int8)
    return np.asarray(2 * bits - 1).astype(np.float32)


def _squares(splats: Splats, camera: Camera, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Indices [M] of the Gaussians in a view, and their squared gradients of samples with random signs."""
    rendered = forward(splats, camera, _BLACK, splats.sh_degree)
    signs = random_signs(camera, seed)
    gradients = backward(splats, rendered, signs, np.zeros(signs.shape[:2], np.float32))
    rows = np.flatnonzero(rendered.radii)
    opacities = opacities_of_logits(splats.opacities[rows])
    by_logit, transparency = gradients.opacities[rows], np.maximum(1.0 - opacities, MIN_TRANSPARENCY)
    return rows, {
        "means": np.square(gradients.means[rows]),
        "quats": np.square(_tangent(splats.quats[rows], gradients.quats[rows])),
        "scales": np.square(gradients.scales[rows]),
        "opacities": np.square(by_logit / (np.maximum(opacities, MIN_OPACITY) * transparency)),
        # Each channel has signs of its own, and so is an estimate of its own.
        "colors": np.square(gradients.sh0[rows]).mean(axis=1),
        # A pixel is linear in each opacity, so that this is exact.
        "removal": np.square(by_logit / transparency),
    }


def _tangent(quats: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Derivatives [M, 3] by x, y and z of unit quaternions wxyz whose w follows from them."""
    return np.asarray(gradients[:, 1:] - gradients[:, :1] * quats[:, 1:] / quats[:, :1])
