"""Small scenes that exercise the corners of rasterization, and a loss that reaches every output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from components.shared.rasterize.interface import Rasterizer, Rendered
from components.shared.rasterize.numba_backend.autograd import NumbaRasterizer
from components.shared.rasterize.numba_backend.forward import forward
from components.shared.rasterize.reference import ReferenceRasterizer
from components.shared.scene import Camera
from components.shared.splats import Splats

Parameters = dict[str, Tensor]


def make_camera(width: int = 45, height: int = 37) -> Camera:
    """Four units before the origin, turned a little, principal point off the middle."""
    c, s = np.cos(0.3), np.sin(0.3)
    viewmat = np.eye(4)
    viewmat[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    viewmat[:3, 3] = [0.1, -0.05, 4.0]
    K = np.array([[1.0 * width, 0, width / 2 + 1.3], [0, 1.05 * width, height / 2 - 0.7], [0, 0, 1]])
    return Camera(viewmat, K, width, height)


def random_gaussians(count: int, seed: int = 0, spread: float = 1.0) -> Parameters:
    """In front of the camera, of the size of a few pixels, all SH degrees in use."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    return {
        "means": normal(count, 3) * spread,
        "quats": normal(count, 4),
        "scales": -2.3 + 0.6 * normal(count, 3),
        "opacities": 0.5 + 1.5 * normal(count),
        "sh0": 0.7 * normal(count, 3),
        "shN": 0.2 * normal(count, 15, 3),
    }


def behind_camera() -> Parameters:
    """Half of them behind the camera or nearer than the near plane."""
    gaussians = random_gaussians(40, seed=1)
    gaussians["means"][::2] -= torch.tensor([0.0, 0.0, 7.0])
    return gaussians


def near_camera() -> Parameters:
    """Large and close: they cover the whole image, with slopes beyond the clamp."""
    gaussians = random_gaussians(12, seed=2)
    gaussians["means"] = gaussians["means"] * 0.6 - torch.tensor([-1.0, 0.0, 2.8])
    return gaussians


def at_border() -> Parameters:
    """Centres around and beyond the edges of the image, large enough to reach in."""
    gaussians = random_gaussians(60, seed=3, spread=2.0)
    gaussians["means"][:, 2] *= 0.2
    gaussians["scales"] += 1.0
    return gaussians


def opaque() -> Parameters:
    """Deep stacks of nearly opaque Gaussians: pixels end early."""
    gaussians = random_gaussians(80, seed=4, spread=0.5)
    gaussians["opacities"] += 5.0
    return gaussians


def clamped() -> Parameters:
    """So opaque and large that alpha is clamped, and its gradient zero, in many pixels."""
    gaussians = random_gaussians(6, seed=14)
    gaussians["opacities"] = torch.full((6,), 8.5)
    gaussians["scales"] += 3.0
    return gaussians


def faint() -> Parameters:
    """Opacities around the least that is drawn."""
    gaussians = random_gaussians(40, seed=5)
    gaussians["opacities"] -= 5.5
    return gaussians


def equal_depth() -> Parameters:
    """Twelve Gaussians in the very same place, which only their order tells apart."""
    gaussians = random_gaussians(12, seed=6)
    gaussians["means"][:] = torch.tensor([0.1, 0.0, 0.2])
    return gaussians


def needles() -> Parameters:
    """Thousand times as long as thick."""
    gaussians = random_gaussians(30, seed=7)
    gaussians["scales"] = torch.tensor([-6.0, -6.0, 0.9]).repeat(30, 1)
    return gaussians


def dark() -> Parameters:
    """Many colours below zero, where they are clamped."""
    gaussians = random_gaussians(40, seed=8)
    gaussians["sh0"] -= 2.0
    return gaussians


SCENES: dict[str, tuple[Callable[[], Parameters], Camera]] = {
    "random": (lambda: random_gaussians(60), make_camera()),
    "one": (lambda: random_gaussians(1, seed=9, spread=0.2), make_camera()),
    "whole tiles": (lambda: random_gaussians(60, seed=10), make_camera(48, 32)),
    "thinner than a tile": (lambda: random_gaussians(40, seed=11), make_camera(50, 5)),
    "behind camera": (behind_camera, make_camera()),
    "near camera": (near_camera, make_camera()),
    "at border": (at_border, make_camera()),
    "opaque": (opaque, make_camera()),
    "clamped": (clamped, make_camera()),
    "faint": (faint, make_camera()),
    "equal depth": (equal_depth, make_camera()),
    "needles": (needles, make_camera()),
    "dark": (dark, make_camera()),
}
USUAL = ("random", "behind camera", "near camera", "at border")
"""Of these, some that `make_camera` sees."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A rendered view, its radii, gradients of a random loss to all parameters, background and means2d."""

    rendered: Rendered
    gradients: Parameters
    radii_px: Tensor


def run_trial(
    rasterizer: Rasterizer,
    gaussians: Parameters,
    camera: Camera,
    *,
    dtype: torch.dtype = torch.float32,
    sh_degree: int = 3,
) -> Trial:
    device = rasterizer.device
    leaves = {
        name: tensor.to(device, dtype, copy=True).requires_grad_() for name, tensor in gaussians.items()
    }
    background = torch.tensor([0.2, 0.5, 0.9], dtype=dtype, device=device, requires_grad=True)
    rendered = rasterizer(**leaves, camera=camera, sh_degree=sh_degree, background=background)
    random_loss(rendered).backward()
    gradients = {name: _gradient(leaf) for name, leaf in leaves.items()}
    gradients["background"] = _gradient(background)
    gradients["means2d"] = _gradient(rendered.means2d)
    return Trial(rendered, gradients, radii_of(rasterizer, leaves, camera))


@torch.no_grad()
def radii_of(rasterizer: Rasterizer, gaussians: Parameters, camera: Camera) -> Tensor:
    """Radii that the backend culls by, int32 [N] px on the CPU, 0 where culled: no part of its interface."""
    if isinstance(rasterizer, NumbaRasterizer):
        arrays = {name: tensor.detach().contiguous().numpy() for name, tensor in gaussians.items()}
        splats = Splats(**arrays, antialiased=rasterizer.antialiased)
        return torch.from_numpy(forward(splats, camera, np.zeros(3, np.float32), 0).radii)
    geometry = {name: gaussians[name] for name in ("means", "quats", "scales", "opacities")}
    if isinstance(rasterizer, ReferenceRasterizer):
        return rasterizer.project(**geometry, camera=camera).radii_px
    with pytest.MonkeyPatch.context() as patch:
        return _gsplat_radii(rasterizer, gaussians, camera, patch)


def _gsplat_radii(
    rasterizer: Rasterizer, gaussians: Parameters, camera: Camera, patch: pytest.MonkeyPatch
) -> Tensor:
    import gsplat

    project, radii = gsplat.fully_fused_projection, []

    def recorded(*arguments, **options):  # type: ignore[no-untyped-def]
        result = project(*arguments, **options)
        radii.append(result[0])
        return result

    patch.setattr(gsplat, "fully_fused_projection", recorded)
    background = torch.zeros(3, device=rasterizer.device)
    rasterizer(**gaussians, camera=camera, sh_degree=0, background=background)
    # gsplat 1.5 gives a radius per axis.
    return radii[0][0].amax(dim=-1).cpu()


def random_loss(rendered: Rendered) -> Tensor:
    """Weighs every pixel of the image and of alpha differently."""
    generator = torch.Generator().manual_seed(0)
    image_weights = torch.randn(rendered.image.shape, generator=generator)
    alpha_weights = torch.randn(rendered.alpha.shape, generator=generator)
    device = rendered.image.device
    weighted_image = rendered.image * image_weights.to(device)
    return weighted_image.sum() + (rendered.alpha * alpha_weights.to(device)).sum()


def _gradient(leaf: Tensor) -> Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
