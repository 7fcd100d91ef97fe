"""Gaussians drawn as engines do that cut them off: one by one, in numpy."""

from __future__ import annotations

import numpy as np
import torch

from components.shared.rasterize.conventions import SH_C0
from components.shared.rasterize.reference import ReferenceRasterizer
from components.shared.rasterize.sh_basis import sh_basis
from components.shared.scene import Camera
from components.shared.splats import Splats


def draw_cut(splats: Splats, camera: Camera, sigmas: float) -> np.ndarray:
    """An image uint8 [H, W, 3] on black, of Gaussians that end at `sigmas` standard deviations.

    Colors are clamped to 0 and 1 before they are blended, since these engines keep them in 8 bits.
    """
    values = [getattr(splats, name) for name in ("means", "quats", "scales", "opacities")]
    on_image = ReferenceRasterizer().project(*(torch.as_tensor(each).double() for each in values), camera)
    means, variances = on_image.means2d.numpy(), on_image.covariances.numpy()
    alphas, colors = on_image.alphas.numpy(), _colors(splats, camera)
    sizes = sigmas * np.sqrt(np.diagonal(variances, axis1=1, axis2=2))
    first = np.clip(np.floor(means - sizes).astype(int), 0, None)
    last = np.minimum(np.ceil(means + sizes).astype(int), (camera.width, camera.height))
    image, light = np.zeros((camera.height, camera.width, 3)), np.ones((camera.height, camera.width))
    for at in np.argsort(on_image.depths.numpy()):
        if on_image.radii_px[at] == 0 or (last[at] <= first[at]).any():
            continue
        (x, y), (end_x, end_y) = first[at], last[at]
        box = np.s_[y:end_y, x:end_x]
        away = np.stack(np.meshgrid(np.arange(x, end_x), np.arange(y, end_y)), axis=2) + 0.5 - means[at]
        squares = np.einsum("yxi,ij,yxj->yx", away, np.linalg.inv(variances[at]), away)
        alpha = np.where(squares <= sigmas**2, alphas[at] * np.exp(-0.5 * squares), 0.0)
        image[box] += (light[box] * alpha)[..., None] * colors[at]
        light[box] *= 1.0 - alpha
    return np.rint(np.clip(image, 0.0, 1.0) * 255).astype(np.uint8)


def _colors(splats: Splats, camera: Camera) -> np.ndarray:
    """Colors [N, 3] as seen from the camera, 0 to 1."""
    directions = splats.means.astype(np.float64) - camera.center
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    basis = np.stack(sh_basis(*directions.T), axis=1)[:, : splats.shN.shape[1]]
    return np.clip(0.5 + SH_C0 * splats.sh0 + np.einsum("nk,nkc->nc", basis, splats.shN), 0.0, 1.0)
