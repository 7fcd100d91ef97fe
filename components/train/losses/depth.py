"""Points of structure from motion as a loss: they know depths that photos alone leave open."""

from __future__ import annotations

import torch
from torch import Tensor

from components.shared.errors import InputError
from components.shared.rasterize.conventions import SH_C0
from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Camera, Scene

_COVERED = 0.5
"""Alpha from which on a pixel shows a surface whose depth can be wrong."""


def check_tracks(scene: Scene) -> None:
    """Raise if the scene does not say which photo sees which point.

    Raises:
        InputError: no photo sees a point.
    """
    if not any(len(view.points) for view in scene.views):
        raise InputError(
            f"depth_weight needs points that photos see; this scene has {len(scene.points):,} points, and no "
            "photo is known to see any of them",
            remedy="Train without depth_weight, or use a COLMAP model that keeps its tracks.",
        )


def disparity_error(
    tensors: dict[str, Tensor], points: Tensor, camera: Camera, rasterizer: Rasterizer
) -> Tensor:
    """Mean difference of 1 / depth between the picture and the points [P, 3] that it should show.

    A scalar in 1 / scene units; pixels that show no surface have no say.
    """
    grid, disparities, is_inside = project_points(points, camera)
    depths, alphas = _sample(*weighted_depths(tensors, camera, rasterizer), grid)
    counted = is_inside & (alphas.detach() > _COVERED)
    # Nothing is divided where nothing counts, so that no NaN enters the gradients.
    shown = alphas / torch.where(counted, depths, 1.0)
    errors = torch.where(counted, (shown - disparities).abs(), 0.0)
    return errors.sum() / counted.sum().clamp(min=1)


def weighted_depths(
    tensors: dict[str, Tensor], camera: Camera, rasterizer: Rasterizer
) -> tuple[Tensor, Tensor]:
    """Sums over each pixel's Gaussians of weight times depth, and of weights, both [H, W].

    A picture is linear in its colours: painted in the colour of their depth, Gaussians show just that.
    """
    depths = _depths(tensors["means"], camera)
    painted = ((depths - 0.5) / SH_C0)[:, None].expand(-1, 3)
    rendered = rasterizer(
        **{**tensors, "sh0": painted, "shN": tensors["shN"].detach()[:, :0]},
        camera=camera,
        sh_degree=0,
        background=depths.new_zeros(3),
    )
    return rendered.image[..., 0], rendered.alpha


def project_points(points: Tensor, camera: Camera) -> tuple[Tensor, Tensor, Tensor]:
    """Places on the image [P, 2] from -1 to 1, disparities [P], and a mask of those that are on the image."""
    viewmat, K = (torch.as_tensor(each).to(points) for each in (camera.viewmat, camera.K))
    in_camera = points @ viewmat[:3, :3].T + viewmat[:3, 3]
    is_ahead = in_camera[:, 2] > 0
    depths = torch.where(is_ahead, in_camera[:, 2], 1.0)
    pixels = (in_camera / depths[:, None]) @ K[:2].T
    grid = 2.0 * pixels / pixels.new_tensor([camera.width, camera.height]) - 1.0
    return grid, 1.0 / depths, is_ahead & (grid.abs() <= 1.0).all(dim=1)


def _depths(means: Tensor, camera: Camera) -> Tensor:
    row = torch.as_tensor(camera.viewmat[2]).to(means)
    return means @ row[:3] + row[3]


def _sample(depths: Tensor, alphas: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Both at the places of `grid`, between pixels bilinear, [P] each."""
    planes = torch.stack([depths, alphas])[None]
    sampled = torch.nn.functional.grid_sample(
        planes, grid[None, None], padding_mode="border", align_corners=False
    )
    return sampled[0, 0, 0], sampled[0, 1, 0]
