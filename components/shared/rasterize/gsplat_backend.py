"""gsplat's CUDA rasterizer behind the interface of `Rasterizer`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from components.shared.rasterize.cuda_device import check_capability
from components.shared.rasterize.interface import Rendered
from components.shared.scene import Camera


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
        from gsplat import rasterization

        images, alphas, info = rasterization(
            means,
            quats,
            torch.exp(scales),
            torch.sigmoid(opacities),
            torch.cat([sh0[:, None], shN], dim=1),
            self._tensor(camera.viewmat),
            self._tensor(camera.K),
            camera.width,
            camera.height,
            sh_degree=sh_degree,
            packed=False,
            backgrounds=background[None],
            rasterize_mode="antialiased" if self.antialiased else "classic",
        )
        return Rendered(images[0], alphas[0, ..., 0], _first_camera(info["means2d"]))

    def _tensor(self, matrix: Any) -> Tensor:
        return torch.tensor(matrix, dtype=torch.float32, device=self.device)[None]


def _first_camera(means2d: Tensor) -> Tensor:
    """means2d [N, 2] of [1, N, 2], with `grad` filled by `backward()`: a slice is not part of the graph."""
    positions = means2d[0].detach().clone()
    if means2d.requires_grad:
        positions.requires_grad_(True)

        def copy_gradient(gradient: Tensor) -> None:
            positions.grad = gradient[0]

        means2d.register_hook(copy_gradient)
    return positions
