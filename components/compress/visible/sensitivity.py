"""How much the rendered views change with each value of each Gaussian."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np

from components.compress.visible.basis_moments import CELL, BasisMoments
from components.compress.visible.directions import Directions
from components.compress.visible.seen_directions import seen_directions
from components.shared.progress import OnProgress, Progress
from components.shared.rasterize.numba_backend.backward import backward
from components.shared.rasterize.numba_backend.forward import forward
from components.shared.resources import available_cpus
from components.shared.scene import Camera, fitted_size
from components.shared.splats import Splats, opacities_of_logits

MAX_VIEWS, MAX_SIDE_PX = 48, 400
"""Many small views: a Gaussian that no view shows counts as invisible."""
MAX_REACHING = 256
"""Cameras that are asked what they have in the picture."""
_BLACK = np.zeros(3, np.float32)
_GAUSSIANS_AT_A_TIME = 8 << 20
"""Gaussians that are rendered at the same time, in all threads, to bound the memory."""
_MIN_TRANSPARENCY = 0.01
"""Renderers limit an opacity to 0.99; beyond, its logit says nothing."""
_FLOOR = 1e-3
"""Of the mean sensitivity: what a value has that no chosen view shows, as another one may."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Sums over all samples (pixels times channels) of squared derivatives, float64.

    An error d of one value, independent of others, changes the sum of squared errors of all views by the
    value's sensitivity times d². They are with respect to means [N, 3] in scene units, x, y and z of the
    unit quaternion [N, 3] with w as the rest, log scales [N, 3], opacities [N] in [0, 1], colors [N]: f_dc
    of any channel. removal [N]: the squared errors if the Gaussian is left out. directions: from where it is
    seen. samples: their number.
    """

    means: np.ndarray
    quats: np.ndarray
    scales: np.ndarray
    opacities: np.ndarray
    colors: np.ndarray
    removal: np.ndarray
    directions: Directions
    samples: int

    def select(self, index: np.ndarray) -> Sensitivity:
        """Those of the Gaussians at `index`: a permutation, indices [M] or a mask [N]."""
        names = [each.name for each in fields(self) if each.name not in ("samples", "directions")]
        arrays = {name: getattr(self, name)[index] for name in names}
        return replace(self, directions=self.directions.select(index), **arrays)


def measure_sensitivity(
    splats: Splats, cameras: Sequence[Camera], seed: int, on_progress: OnProgress
) -> Sensitivity:
    """Render some of the views; `splats` are in canonical form: unit quaternions with w the largest.

    Gaussians that follow one another should be neighbors, which have their directions in common.

    The derivatives of all samples would be as many renders. The gradient of the sum of all samples with
    random signs has, squared, their sum of squares as its expected value (Hutchinson 1990): one backward
    pass of each view gives the sensitivities of all values.
    """
    views = [_fitted(camera) for camera in spread(cameras, MAX_VIEWS)]
    workers = max(1, min(available_cpus(), _GAUSSIANS_AT_A_TIME // max(1, len(splats)), len(views)))
    count, coefficients = splats.shN.shape[:2]
    sums: dict[str, np.ndarray] = {name: np.zeros((count, 3)) for name in ("means", "quats", "scales")}
    sums |= {name: np.zeros(count) for name in ("opacities", "colors", "removal")}
    moments = BasisMoments(splats.means, coefficients, CELL)
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(views), workers):  # no more results in memory than workers
            on_progress(Progress("measure what is seen", start / len(views)))
            batch = range(start, min(start + workers, len(views)))
            squares = pool.map(lambda index: _squares(splats, views[index], seed + index), batch)
            for index, (rows, values) in zip(batch, squares, strict=True):
                for name, added in values.items():
                    sums[name][rows] += added
                moments.add(views[index].center, rows, values["colors"])
    directions = seen_directions(moments, sums["colors"], splats.means, spread(cameras, MAX_REACHING))
    floored = {name: total + _FLOOR * total.mean(axis=0) for name, total in sums.items() if name != "removal"}
    samples = 3 * sum(view.width * view.height for view in views)
    return Sensitivity(**floored, removal=sums["removal"], directions=directions, samples=samples)


def spread(cameras: Sequence[Camera], count: int) -> list[Camera]:
    """At most `count` of the cameras, at even distances in the list."""
    chosen = np.linspace(0, len(cameras) - 1, min(count, len(cameras))).round().astype(int)
    return [cameras[index] for index in np.unique(chosen)]


def _fitted(camera: Camera) -> Camera:
    return camera.scaled(*fitted_size(camera.width, camera.height, MAX_SIDE_PX))


def _squares(splats: Splats, camera: Camera, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Indices [M] of the Gaussians in a view, and their squared gradients of samples with random signs."""
    rendered = forward(splats, camera, _BLACK, splats.sh_degree)
    bits = np.random.default_rng(seed).integers(0, 2, rendered.image.shape, np.int8)
    signs = (2 * bits - 1).astype(np.float32)
    gradients = backward(splats, rendered, signs, np.zeros(signs.shape[:2], np.float32))
    rows = np.flatnonzero(rendered.radii)
    opacities = opacities_of_logits(splats.opacities[rows])
    by_logit, transparency = gradients.opacities[rows], np.maximum(1.0 - opacities, _MIN_TRANSPARENCY)
    return rows, {
        "means": np.square(gradients.means[rows]),
        "quats": np.square(_tangent(splats.quats[rows], gradients.quats[rows])),
        "scales": np.square(gradients.scales[rows]),
        "opacities": np.square(by_logit / (np.maximum(opacities, 1e-3) * transparency)),
        # Each channel has signs of its own, and so is an estimate of its own.
        "colors": np.square(gradients.sh0[rows]).mean(axis=1),
        # A pixel is linear in each opacity, so that this is exact.
        "removal": np.square(by_logit / transparency),
    }


def _tangent(quats: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Derivatives [M, 3] by x, y and z of unit quaternions wxyz whose w follows from them."""
    return np.asarray(gradients[:, 1:] - gradients[:, :1] * quats[:, 1:] / quats[:, :1])
