"""The forward pass: Gaussians as numpy arrays -> a rendered image and what the backward pass needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.shared.ranges import equal_ranges, equal_work_ranges, run_ranges
from components.shared.rasterize.numba_backend.bin import TileBins, bin_splats
from components.shared.rasterize.numba_backend.blend import blend
from components.shared.rasterize.numba_backend.layout import COLUMNS
from components.shared.rasterize.numba_backend.pinhole import Pinhole, pinhole
from components.shared.rasterize.numba_backend.project import project
from components.shared.rasterize.numba_backend.stale_cache import drop_stale_cache
from components.shared.scene import Camera
from components.shared.splats import Splats


@dataclass(frozen=True, slots=True)
class ForwardPass:
    """Result of `forward`: image [H, W, 3] and transmittance [H, W] float32, radii [N] int32 px."""

    camera: Pinhole
    sh_degree: int
    splats2d: np.ndarray
    radii: np.ndarray
    bins: TileBins
    image: np.ndarray
    transmittance: np.ndarray


def forward(splats: Splats, camera: Camera, background: np.ndarray, sh_degree: int) -> ForwardPass:
    """Render one view; `splats` in C-contiguous float32 arrays, background [3] float32."""
    drop_stale_cache()
    if not 0 <= sh_degree <= splats.sh_degree:
        raise ValueError(f"sh_degree is {sh_degree}; these Gaussians have degrees 0 to {splats.sh_degree}")
    count, view = len(splats), pinhole(camera, splats.antialiased)
    splats2d = np.zeros((count, COLUMNS), np.float32)
    depths = np.zeros(count, np.float32)
    radii = np.zeros(count, np.int32)
    run_ranges(
        project,
        equal_ranges(count),
        splats.means,
        splats.quats,
        splats.scales,
        splats.opacities,
        splats.sh0,
        splats.shN,
        sh_degree,
        view,
        splats2d,
        depths,
        radii,
    )
    bins = bin_splats(splats2d, depths, radii, camera.width, camera.height)
    image = np.empty((camera.height, camera.width, 3), np.float32)
    transmittance = np.empty((camera.height, camera.width), np.float32)
    run_ranges(
        blend,
        equal_work_ranges(bins.tile_starts),
        splats2d,
        radii,
        bins.tile_starts,
        bins.splat_ids,
        background,
        image,
        transmittance,
    )
    return ForwardPass(view, sh_degree, splats2d, radii, bins, image, transmittance)
