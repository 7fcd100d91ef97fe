"""How much the rendered views change with each value of each Gaussian."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.compress.visible.basis_moments import CELL, BasisMoments
from components.compress.visible.directions import Directions
from components.compress.visible.numba_squares import summed_squares
from components.compress.visible.seen_directions import seen_directions
from components.shared.progress import OnProgress, Progress
from components.shared.ranges import in_ranges, take_rows
from components.shared.rasterize.conventions import SH_C0
from components.shared.scene import Camera, fitted_size
from components.shared.splats import Splats

if TYPE_CHECKING:
    from components.shared.rasterize.interface import Rasterizer

MAX_SIDE_PX = 400
"""Many small views: what no view shows takes the coarsest codes."""
_MIN_VIEWS, _MAX_VIEWS = 48, 256
_GAUSSIANS_IN_ALL = 12_000_000
"""Gaussians that are rendered on CPUs, in all views together, if these are more than the fewest."""
MAX_REACHING = 256
"""Cameras that are asked what they have in the picture."""
_CONTRAST = 0.1
"""Least difference that counts between a Gaussian and what is behind it, which may be left out too."""
_FLOOR = 1e-3
"""Of the mean sensitivity: what a value has that no chosen view shows, as another one may."""
_SUMMED_ROWS = 1 << 14
"""Rows at a time, whose number does not depend on that of the cores: means are the same on each."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Sums over all samples (pixels times channels) of squared derivatives, float64.

    An error d of one value, independent of others, changes the sum of squared errors of all views by the
    value's sensitivity times d². They are with respect to means [N, 3] in scene units, x, y and z of the
    unit quaternion [N, 3] with w as the rest, log scales [N, 3], opacities [N] in [0, 1], colors [N]: f_dc
    of any channel. removal [N]: the squared errors if the Gaussian is left out, at least as if what is
    behind it differed by a tenth. directions: from where it is seen, if that was asked for. samples: their
    number.
    """

    means: np.ndarray
    quats: np.ndarray
    scales: np.ndarray
    opacities: np.ndarray
    colors: np.ndarray
    removal: np.ndarray
    directions: Directions | None
    samples: int

    def select(self, index: np.ndarray) -> Sensitivity:
        """Those of the Gaussians at `index`: a permutation, indices [M] or a mask [N]."""
        names = [each.name for each in fields(self) if each.name not in ("samples", "directions")]
        arrays: dict[str, Any] = {name: take_rows(getattr(self, name), index) for name in names}
        return replace(self, directions=self.directions and self.directions.select(index), **arrays)


def measure_sensitivity(
    splats: Splats,
    cameras: Sequence[Camera],
    seed: int,
    on_progress: OnProgress,
    *,
    directions: Literal["none", "means", "covariances"] = "covariances",
    rasterizer: Rasterizer | None = None,
) -> Sensitivity:
    """Render some of the views; `splats` are in canonical form: unit quaternions with w the largest.

    Gaussians that follow one another should be neighbors, which have their directions in common.
    directions: what is asked for of these. rasterizer: of the views, instead of the numba kernels without
    torch.

    The derivatives of all samples would be as many renders. The gradient of the sum of all samples with
    random signs has, squared, their sum of squares as its expected value (Hutchinson 1990): one backward
    pass of each view gives the sensitivities of all values.
    """
    count = _MAX_VIEWS if rasterizer else _views_on_cpus(len(splats))
    views = [_fitted(camera) for camera in spread(cameras, count)]
    coefficients = splats.shN.shape[1] if directions != "none" else 0
    moments = BasisMoments(splats.means, coefficients, CELL, products=directions == "covariances")

    def on_view(index: int, rows: np.ndarray, weights: np.ndarray) -> None:
        on_progress(Progress("measure what is seen", (index + 1) / len(views)))
        moments.add(views[index].center, rows, weights)

    if rasterizer:
        # Imported here: torch takes seconds, and the numba kernels do without.
        from components.compress.visible.torch_squares import summed_squares_by_autograd

        sums = summed_squares_by_autograd(rasterizer, splats, views, seed, on_view, colors=coefficients > 0)
    else:
        sums = summed_squares(splats, views, seed, on_view)
    seen = None
    if directions != "none":
        seen = seen_directions(moments, sums["colors"], splats.means, spread(cameras, MAX_REACHING))
    removal = sums.pop("removal")
    np.maximum(removal, (_CONTRAST / SH_C0) ** 2 * sums["colors"], out=removal)
    for total in sums.values():
        _add_floor(total)
    samples = 3 * sum(view.width * view.height for view in views)
    return Sensitivity(**sums, removal=removal, directions=seen, samples=samples)


def _add_floor(total: np.ndarray) -> None:
    """Add the floor to sums [N] or [N, 3], in place."""
    starts = range(0, len(total), _SUMMED_ROWS)
    parts = np.empty((len(starts), *total.shape[1:]))

    def add(first: int, end: int) -> None:
        for index in range(first, end):
            parts[index] = total[starts[index] : starts[index] + _SUMMED_ROWS].sum(axis=0)

    in_ranges(add, len(starts), at_least=1)
    floor = _FLOOR * parts.sum(axis=0) / len(total)

    def lift(start: int, stop: int) -> None:
        total[start:stop] += floor

    in_ranges(lift, len(total))


def _views_on_cpus(gaussians: int) -> int:
    """How many views can be rendered in seconds."""
    return max(_MIN_VIEWS, min(_MAX_VIEWS, _GAUSSIANS_IN_ALL // max(1, gaussians)))


def spread(cameras: Sequence[Camera], count: int) -> list[Camera]:
    """At most `count` of the cameras, at even distances in the list."""
    chosen = np.linspace(0, len(cameras) - 1, min(count, len(cameras))).round().astype(int)
    return [cameras[index] for index in np.unique(chosen)]


def _fitted(camera: Camera) -> Camera:
    return camera.scaled(*fitted_size(camera.width, camera.height, MAX_SIDE_PX))
