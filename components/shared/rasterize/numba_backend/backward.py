"""The backward pass: gradients of the rendered image -> gradients of every parameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.shared.ranges import equal_ranges, equal_work_ranges, run_ranges
from components.shared.rasterize.numba_backend.blend_backward import blend_backward
from components.shared.rasterize.numba_backend.forward import ForwardPass
from components.shared.rasterize.numba_backend.layout import GRADIENT_COLUMNS
from components.shared.rasterize.numba_backend.project_backward import project_backward
from components.shared.splats import Splats


@dataclass(frozen=True, slots=True)
class Gradients:
    """Gradients in the shapes of the parameters; means2d [N, 2] per px; background [3].

    shN is [N, 0, 3] where it was not asked for.
    """

    means: np.ndarray
    quats: np.ndarray
    scales: np.ndarray
    opacities: np.ndarray
    sh0: np.ndarray
    shN: np.ndarray
    background: np.ndarray
    means2d: np.ndarray


def backward(
    splats: Splats,
    rendered: ForwardPass,
    v_image: np.ndarray,
    v_alpha: np.ndarray,
    *,
    needs_shN: bool = True,
) -> Gradients:
    """Back-propagate v_image [H, W, 3] and v_alpha [H, W], float32, C-contiguous.

    needs_shN: whether gradients to f_rest are asked for, most of all that is written.
    """
    bins = rendered.bins
    slot_gradients = np.empty((len(bins.slots), GRADIENT_COLUMNS), np.float32)
    run_ranges(
        blend_backward,
        equal_work_ranges(bins.tile_starts),
        rendered.splats2d,
        rendered.radii,
        bins.tile_starts,
        bins.splat_ids,
        bins.slots,
        rendered.image,
        rendered.transmittance,
        v_image,
        v_alpha,
        slot_gradients,
    )
    gradients = Gradients(
        means=np.zeros_like(splats.means),
        quats=np.zeros_like(splats.quats),
        scales=np.zeros_like(splats.scales),
        opacities=np.zeros_like(splats.opacities),
        sh0=np.zeros_like(splats.sh0),
        shN=np.zeros_like(splats.shN if needs_shN else splats.shN[:, :0]),
        background=np.einsum("hw,hwc->c", rendered.transmittance, v_image),
        means2d=np.zeros((len(splats), 2), np.float32),
    )
    run_ranges(
        project_backward,
        equal_ranges(len(splats)),
        splats.means,
        splats.quats,
        splats.scales,
        splats.opacities,
        splats.shN,
        rendered.sh_degree,
        rendered.camera,
        rendered.splats2d,
        rendered.radii,
        bins.slot_starts,
        slot_gradients,
        gradients.means2d,
        gradients.means,
        gradients.quats,
        gradients.scales,
        gradients.opacities,
        gradients.sh0,
        gradients.shN,
    )
    return gradients
