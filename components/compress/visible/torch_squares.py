"""Squared gradients of views with random signs, by a rasterizer of torch; on a GPU their sums stay there."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from components.compress.visible.numba_squares import (
    MIN_OPACITY,
    MIN_TRANSPARENCY,
    OnView,
    random_signs,
)
from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Camera
from components.shared.splats import Splats

_PARAMETERS = ("means", "quats", "scales", "opacities", "sh0")


def summed_squares_by_autograd(
    rasterizer: Rasterizer,
    splats: Splats,
    views: Sequence[Camera],
    seed: int,
    on_view: OnView,
    *,
    colors: bool = True,
) -> dict[str, np.ndarray]:
    """As `summed_squares`, from the same signs. What `on_view` does overlaps with the next view.

    colors: whether `on_view` is told what is added to them, instead of nothing.
    """
    device = rasterizer.device
    tensors = {
        name: torch.from_numpy(np.ascontiguousarray(getattr(splats, name))).to(device)
        for name in (*_PARAMETERS, "shN")
    }
    background = torch.zeros(3, device=device)
    sums: dict[str, Tensor] = {}
    with ThreadPoolExecutor(1) as drawing, ThreadPoolExecutor(1) as telling:
        drawn = [drawing.submit(random_signs, view, seed + index) for index, view in enumerate(views)]
        told: list[Future[None]] = []
        for index, view in enumerate(views):
            signs = torch.from_numpy(drawn[index].result()).to(device)
            gradients = _gradients(rasterizer, tensors, view, signs, background, splats.sh_degree)
            values = _squares(tensors, gradients)
            for name, added in values.items():
                sums[name] = sums[name].add_(added) if name in sums else added.double()
            added_colors = values["colors"].cpu().numpy() if colors else np.zeros(0, np.float32)
            told.append(telling.submit(_tell, on_view, index, added_colors))
        for each in told:
            each.result()  # raises what it raised
    return {name: total.cpu().numpy() for name, total in sums.items()}


def _tell(on_view: OnView, index: int, colors: np.ndarray) -> None:
    rows = np.flatnonzero(colors)
    on_view(index, rows, colors[rows])


def _gradients(
    rasterizer: Rasterizer,
    tensors: dict[str, Tensor],
    view: Camera,
    signs: Tensor,
    background: Tensor,
    sh_degree: int,
) -> dict[str, Tensor]:
    """Of the sum of a view's samples times `signs`, by the names of the parameters."""
    leaves = {name: tensors[name].detach().requires_grad_(True) for name in _PARAMETERS}
    rendered = rasterizer(
        **leaves, shN=tensors["shN"], camera=view, sh_degree=sh_degree, background=background
    )
    return dict(zip(leaves, torch.autograd.grad(rendered.image, list(leaves.values()), signs), strict=True))


def _squares(tensors: dict[str, Tensor], gradients: dict[str, Tensor]) -> dict[str, Tensor]:
    """By the fields of `Sensitivity`, [N, 3] or [N]; see `numba_squares.py`."""
    quats, by_quat = tensors["quats"], gradients["quats"]
    tangent = by_quat[:, 1:] - by_quat[:, :1] * quats[:, 1:] / quats[:, :1]
    opacities = torch.sigmoid(tensors["opacities"].double())
    by_logit, transparency = gradients["opacities"], (1.0 - opacities).clamp(min=MIN_TRANSPARENCY)
    return {
        "means": gradients["means"].square(),
        "quats": tangent.square(),
        "scales": gradients["scales"].square(),
        "opacities": (by_logit / (opacities.clamp(min=MIN_OPACITY) * transparency)).square(),
        "colors": gradients["sh0"].square().mean(dim=1),
        "removal": (by_logit / transparency).square(),
    }
