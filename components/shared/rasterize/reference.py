"""A rasterizer in plain PyTorch: every Gaussian against every pixel. For tests, at small sizes.

It has the conventions of the fast backends, and all its gradients are those of autograd.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from components.shared.rasterize.conventions import (
    ALPHA_MAX,
    ALPHA_MIN,
    EPS2D,
    EXTENT_MAX_SIGMAS,
    FIELD_OF_VIEW_MARGIN,
    NEAR_PLANE,
    SH_C0,
    TRANSMITTANCE_MIN,
)
from components.shared.rasterize.interface import Rendered
from components.shared.rasterize.quaternions import rotation_matrices
from components.shared.rasterize.sh_basis import sh_basis
from components.shared.scene import Camera


@dataclass(frozen=True, slots=True)
class Projected:
    """Gaussians on the image."""

    means2d: Tensor
    """[N, 2] px."""
    covariances: Tensor
    """[N, 2, 2] px², with the blur."""
    alphas: Tensor
    """[N], at the centre."""
    depths: Tensor
    """[N] scene units."""
    radii_px: Tensor
    """int32 [N], 0 where culled."""


class ReferenceRasterizer:
    """See `components.shared.rasterize.interface.Rasterizer`. Takes float64, too."""

    name = "reference"
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
        projected = self.project(means, quats, scales, opacities, camera)
        center = torch.as_tensor(camera.center, dtype=means.dtype)
        directions = torch.nn.functional.normalize(means - center, dim=1)
        colors = (_sh_colors(sh_degree, directions, sh0, shN) + 0.5).clamp(min=0.0)
        image, alpha = _blend(projected, colors, camera, background)
        return Rendered(image, alpha, projected.means2d)

    def project(
        self, means: Tensor, quats: Tensor, scales: Tensor, opacities: Tensor, camera: Camera
    ) -> Projected:
        """Project Gaussians in the encodings of `Rasterizer`."""
        viewmat = torch.as_tensor(camera.viewmat, dtype=means.dtype)
        in_camera = means @ viewmat[:3, :3].T + viewmat[:3, 3]
        alphas = torch.sigmoid(opacities)
        visible = (in_camera[:, 2] >= NEAR_PLANE) & (alphas >= ALPHA_MIN)
        # Culled Gaussians get a harmless position, so that no NaN enters their gradients.
        in_camera = torch.where(visible[:, None], in_camera, torch.ones_like(in_camera))

        means2d = _project_points(in_camera, camera)
        if means2d.requires_grad:
            means2d.retain_grad()
        sharp = _project_covariances(in_camera, _covariances(quats, scales), viewmat[:3, :3], camera)
        covariances = sharp + EPS2D * torch.eye(2, dtype=means.dtype)
        if self.antialiased:
            alphas = alphas * _compensations(sharp, covariances)
            visible = visible & (alphas >= ALPHA_MIN)
        radii_px = _radii(means2d, covariances, alphas, visible, camera)
        return Projected(means2d, covariances, alphas, in_camera[:, 2], radii_px)


def _project_points(in_camera: Tensor, camera: Camera) -> Tensor:
    """Pixel positions [N, 2]."""
    K = torch.as_tensor(camera.K, dtype=in_camera.dtype)
    return (in_camera / in_camera[:, 2:]) @ K[:2].T


def _covariances(quats: Tensor, scales: Tensor) -> Tensor:
    """World covariances [N, 3, 3]."""
    rotations = rotation_matrices(quats)
    return rotations @ torch.diag_embed(torch.exp(2 * scales)) @ rotations.mT


def _project_covariances(in_camera: Tensor, covariances: Tensor, rotation: Tensor, camera: Camera) -> Tensor:
    """Covariances on the image before the blur, px² [N, 2, 2]."""
    x, y, z = in_camera.unbind(1)
    fx, fy, cx, cy = (float(camera.K[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2)))
    slope_x = _clamp_slope(x / z, fx, cx, camera.width)
    slope_y = _clamp_slope(y / z, fy, cy, camera.height)
    zero = torch.zeros_like(z)
    jacobian = torch.stack(
        [fx / z, zero, -fx * slope_x / z, zero, fy / z, -fy * slope_y / z],
        dim=1,
    ).reshape(-1, 2, 3)
    affine = jacobian @ rotation
    return affine @ covariances @ affine.mT


def _compensations(sharp: Tensor, blurred: Tensor) -> Tensor:
    """Factors of the opacities [N] that compensate for the blur, clamped so that the root has a gradient."""
    return torch.sqrt((_determinants(sharp) / _determinants(blurred)).clamp(min=1e-12))


def _determinants(matrices: Tensor) -> Tensor:
    """Determinants of [N, 2, 2]; unlike torch's, their gradient is finite where they are zero."""
    return matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0]


def _clamp_slope(slope: Tensor, focal: float, center: float, size: int) -> Tensor:
    margin = FIELD_OF_VIEW_MARGIN * 0.5 * size / focal
    return slope.clamp(-center / focal - margin, (size - center) / focal + margin)


def _radii(means2d: Tensor, covariances: Tensor, alphas: Tensor, visible: Tensor, camera: Camera) -> Tensor:
    """Radii in whole px [N], 0 for Gaussians that are not visible or outside of the image."""
    with torch.no_grad():
        extents = torch.sqrt(2 * torch.log((alphas / ALPHA_MIN).clamp(min=1.0))).clamp(max=EXTENT_MAX_SIGMAS)
        per_axis = torch.ceil(extents[:, None] * torch.diagonal(covariances, dim1=1, dim2=2).sqrt())
        size = torch.tensor([camera.width, camera.height])
        inside = ((means2d + per_axis > 0) & (means2d - per_axis < size)).all(dim=1)
        return torch.where(visible & inside, per_axis.amax(dim=1), 0.0).to(torch.int32)


def _sh_colors(degree: int, directions: Tensor, sh0: Tensor, shN: Tensor) -> Tensor:
    """Colours [N, 3] of real spherical harmonics, before the offset of 0.5."""
    basis = sh_basis(*directions.unbind(1))
    colors = SH_C0 * sh0
    for k in range((degree + 1) ** 2 - 1):
        colors = colors + basis[k][:, None] * shN[:, k]
    return colors


def _blend(projected: Projected, colors: Tensor, camera: Camera, background: Tensor) -> tuple[Tensor, Tensor]:
    """Image [H, W, 3] and alpha [H, W]."""
    means2d, covariances, opacities = projected.means2d, projected.covariances, projected.alphas
    order = torch.argsort(projected.depths, stable=True)
    order = order[projected.radii_px[order] > 0]
    rows, columns = torch.meshgrid(torch.arange(camera.height), torch.arange(camera.width), indexing="ij")
    pixels = torch.stack([columns, rows], dim=-1).reshape(-1, 2).to(means2d.dtype) + 0.5

    offsets = pixels - means2d[order, None]  # [n, pixels, 2]
    sigmas = 0.5 * torch.einsum("npi,nij,npj->np", offsets, torch.linalg.inv(covariances[order]), offsets)
    alphas = (opacities[order, None] * torch.exp(-sigmas)).clamp(max=ALPHA_MAX)
    alphas = torch.where((sigmas >= 0) & (alphas >= ALPHA_MIN), alphas, 0.0)

    after = torch.cumprod(1 - alphas, dim=0)
    alphas = torch.where(after > TRANSMITTANCE_MIN, alphas, 0.0)
    after = torch.cumprod(1 - alphas, dim=0)
    before = torch.cat([torch.ones_like(after[:1]), after[:-1]])
    remaining = torch.prod(1 - alphas, dim=0)
    image = torch.einsum("np,nc->pc", alphas * before, colors[order]) + remaining[:, None] * background
    return image.reshape(camera.height, camera.width, 3), (1 - remaining).reshape(camera.height, camera.width)
