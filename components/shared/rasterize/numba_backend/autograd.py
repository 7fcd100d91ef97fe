"""The numba kernels as a differentiable operation of torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.shared.rasterize.interface import Rendered
from components.shared.rasterize.numba_backend.backward import backward
from components.shared.rasterize.numba_backend.forward import forward
from components.shared.scene import Camera
from components.shared.splats import Splats


class NumbaRasterizer:
    """See `components.shared.rasterize.interface.Rasterizer`. Equal inputs give equal bits."""

    name = "numba"
    device = torch.device("cpu")

    def __init__(self, antialiased: bool = False) -> None:
        self.antialiased = antialiased

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
        # A leaf of the graph, so that backward() fills its gradient; the forward pass fills its values.
        means2d = torch.zeros((len(means), 2), requires_grad=torch.is_grad_enabled())
        image, alpha = _Rasterize.apply(
            *(means, quats, scales, opacities, sh0, shN, background, means2d),
            *(camera, sh_degree, self.antialiased),
        )
        return Rendered(image, alpha, means2d)


class _Rasterize(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        means: Tensor,
        quats: Tensor,
        scales: Tensor,
        opacities: Tensor,
        sh0: Tensor,
        shN: Tensor,
        background: Tensor,
        means2d: Tensor,
        camera: Camera,
        sh_degree: int,
        antialiased: bool,
    ) -> tuple[Tensor, Tensor]:
        parameters = (means, quats, scales, opacities, sh0, shN)
        ctx.save_for_backward(*parameters)
        ctx.antialiased = antialiased
        splats = _splats(parameters, antialiased)
        ctx.rendered = forward(splats, camera, _array(background), sh_degree)
        _array(means2d)[:] = ctx.rendered.splats2d[:, :2]
        # A copy: the caller may change the image in place, and backward needs it as rendered.
        image = torch.from_numpy(ctx.rendered.image.copy())
        return image, torch.from_numpy(1.0 - ctx.rendered.transmittance)

    @staticmethod
    def backward(ctx: Any, v_image: Tensor, v_alpha: Tensor) -> tuple[Tensor | None, ...]:
        splats = _splats(ctx.saved_tensors, ctx.antialiased)
        gradients = backward(splats, ctx.rendered, _array(v_image), _array(v_alpha))
        return (
            torch.from_numpy(gradients.means),
            torch.from_numpy(gradients.quats),
            torch.from_numpy(gradients.scales),
            torch.from_numpy(gradients.opacities),
            torch.from_numpy(gradients.sh0),
            torch.from_numpy(gradients.shN),
            torch.from_numpy(gradients.background),
            torch.from_numpy(gradients.means2d),
            None,
            None,
            None,
        )


def _splats(parameters: tuple[Tensor, ...], antialiased: bool) -> Splats:
    means, quats, scales, opacities, sh0, shN = parameters
    return Splats(
        *(_array(means), _array(quats), _array(scales), _array(opacities), _array(sh0), _array(shN)),
        antialiased=antialiased,
    )


def _array(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory where it is contiguous; the kernels are compiled for float32 alone."""
    if tensor.dtype != torch.float32 or tensor.device.type != "cpu":
        raise ValueError(
            f"a tensor is {tensor.dtype} on {tensor.device}; the numba backend takes float32 on cpu"
        )
    return tensor.detach().contiguous().numpy()
