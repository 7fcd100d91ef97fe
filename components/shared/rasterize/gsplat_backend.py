"""gsplat's CUDA rasterizer behind the interface of `Rasterizer`."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from components.shared.rasterize.cuda_device import check_capability
from components.shared.rasterize.interface import Rendered
from components.shared.scene import Camera

_TILE_PX = 16


def has_gsplat() -> bool:
    """Whether gsplat is installed and its kernels are compiled; the first call may compile them."""
    try:
        from gsplat.cuda._backend import _C
    except ImportError:
        return False
    return _C is not None


class GsplatRasterizer:
    """See `components.shared.rasterize.interface.Rasterizer`. The first call may compile gsplat's kernels."""

    name = "gsplat"

    def __init__(self, device: torch.device | str = "cuda", antialiased: bool = False) -> None:
        if not torch.cuda.is_available():
            raise ValueError("backend gsplat needs a CUDA device, and there is none; choose numba")
        self.device, self.antialiased = torch.device(device), antialiased
        check_capability(torch.cuda.get_device_name(device), torch.cuda.get_device_capability(device))

    def __call__(
        self,
        means: Tensor,
        quats: Tensor,
        scales: Tensor,
        opacities: Tensor,
        sh0: Tensor,
        shN: Tensor,
        camera: Camera,
        *,
        sh_degree: int,
        background: Tensor,
    ) -> Rendered:
        from gsplat import fully_fused_projection, rasterize_to_pixels, spherical_harmonics

        # These are the steps of gsplat's `rasterization`, without its torch.inverse, which loads a library of
        # linear algebra and waits for the GPU in each view.
        size, (viewmat, K, center) = (camera.width, camera.height), self._on_device(camera)
        alphas = torch.sigmoid(opacities)
        radii, means2d, depths, conics, compensations = fully_fused_projection(
            *(means, None, quats, torch.exp(scales), viewmat[None], K[None], *size),
            calc_compensations=self.antialiased,
            opacities=alphas,
        )
        colors = spherical_harmonics(
            sh_degree,
            (means - center)[None],
            torch.cat([sh0[:, None], shN], dim=1)[None],
            masks=(radii > 0).all(dim=-1),
        )
        images, coverage = rasterize_to_pixels(
            means2d,
            conics,
            torch.clamp_min(colors + 0.5, 0.0),
            alphas[None] if compensations is None else alphas[None] * compensations,
            *size,
            _TILE_PX,
            *_tiles(means2d, radii, depths, size),
            backgrounds=background[None],
        )
        return Rendered(images[0], coverage[0, ..., 0], _first_camera(means2d))

    def _on_device(self, camera: Camera) -> tuple[Tensor, Tensor, Tensor]:
        """Its viewmat [4, 4], K [3, 3] and center [3], float32, in one transfer."""
        numbers = np.concatenate([camera.viewmat.ravel(), camera.K.ravel(), camera.center])
        moved = torch.from_numpy(numbers.astype(np.float32)).to(self.device)
        return moved[:16].view(4, 4), moved[16:25].view(3, 3), moved[25:]


def _tiles(means2d: Tensor, radii: Tensor, depths: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The Gaussians of each tile of an image of `size`, from front to back: offsets [1, H, W] and ids."""
    from gsplat import isect_offset_encode, isect_tiles

    width, height = (math.ceil(each / _TILE_PX) for each in size)
    _, keys, ids = isect_tiles(means2d, radii, depths, _TILE_PX, width, height)
    return isect_offset_encode(keys, 1, width, height), ids


def _first_camera(means2d: Tensor) -> Tensor:
    """means2d [N, 2] of [1, N, 2], with `grad` filled by `backward()`: a slice is not part of the graph."""
    positions = means2d[0].detach().clone()
    if means2d.requires_grad:
        positions.requires_grad_(True)

        def copy_gradient(gradient: Tensor) -> None:
            positions.grad = gradient[0]

        means2d.register_hook(copy_gradient)
    return positions
