"""Depth loss from the points of structure from motion: their depths fix what photos alone leave open."""

from __future__ import annotations

import torch
from torch import Tensor

from components.shared.errors import InputError
from components.shared.rasterize.conventions import SH_C0
from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Camera, Scene

_SURFACE_ALPHA = 0.5
"""Pixels of lower alpha show no surface, and have no depth to compare."""


def check_tracks(scene: Scene) -> None:
    """Raise if no view of the scene has points.

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
    """Mean absolute difference of 1 / depth between the rendered view and the points [P, 3] it should show.

    A scalar in 1 / scene units. Points outside the image, or where the view shows no surface, do not count.
    """
    grid, disparities, is_inside = project_points(points, camera)
    depths, alphas = _sample(*weighted_depths(tensors, camera, rasterizer), grid)
    counted = is_inside & (alphas.detach() > _SURFACE_ALPHA)
    # No division where a point does not count, so that no NaN enters the gradients.
    rendered = alphas / torch.where(counted, depths, 1.0)
    errors = torch.where(counted, (rendered - disparities).abs(), 0.0)
    return errors.sum() / counted.sum().clamp(min=1)


def weighted_depths(
    tensors: dict[str, Tensor], camera: Camera, rasterizer: Rasterizer
) -> tuple[Tensor, Tensor]:
    """Weighted depth in scene units, and alpha, both [H, W].

    The depth of a pixel is the sum over its Gaussians of blending weight times depth: a rendered image is
    linear in the colours, so that depths in place of colours give it.
    """
    depths = _depths(tensors["means"], camera)
    depth_colors = ((depths - 0.5) / SH_C0)[:, None].expand(-1, 3)
    rendered = rasterizer(
        **{**tensors, "sh0": depth_colors, "shN": tensors["shN"].detach()[:, :0]},
        camera=camera,
        sh_degree=0,
        background=depths.new_zeros(3),
    )
    return rendered.image[..., 0], rendered.alpha


def project_points(points: Tensor, camera: Camera) -> tuple[Tensor, Tensor, Tensor]:
    """Image coordinates [P, 2] from -1 to 1, disparities [P] in 1 / scene units, which points are inside."""
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
    """Depths and alphas at the coordinates of `grid`, bilinear, [P] each."""
    planes = torch.stack([depths, alphas])[None]
    sampled = torch.nn.functional.grid_sample(
        planes, grid[None, None], padding_mode="border", align_corners=False
    )
    return sampled[0, 0, 0], sampled[0, 1, 0]
