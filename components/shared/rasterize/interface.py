"""The interface of all rasterizers. `make_rasterizer` makes a backend by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from components.shared.scene import Camera

if TYPE_CHECKING:
    import torch


@dataclass(slots=True)
class Rendered:
    """One rendered view."""

    image: torch.Tensor
    """[H, W, 3] sRGB, not clamped, composited over the background."""
    alpha: torch.Tensor
    """[H, W]."""
    means2d: torch.Tensor
    """[N, 2] px, with `grad` filled by `backward()`."""


class Rasterizer(Protocol):
    """Renders Gaussians, differentiable in every tensor argument. Tensors are float32 on `device`.

    means [N, 3] world; quats [N, 4] wxyz, not normalised; scales [N, 3] log; opacities [N] logit;
    sh0 [N, 3]; shN [N, K, 3]; background [3] sRGB. SH above `sh_degree` is ignored.
    """

    name: str
    device: torch.device

    def __call__(
        self,
        means: torch.Tensor,
        quats: torch.Tensor,
        scales: torch.Tensor,
        opacities: torch.Tensor,
        sh0: torch.Tensor,
        shN: torch.Tensor,
        camera: Camera,
        *,
        sh_degree: int,
        background: torch.Tensor,
    ) -> Rendered: ...
