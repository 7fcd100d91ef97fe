"""The photometric loss of 3D Gaussian splatting: (1 - λ) L1 + λ (1 - SSIM)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.shared.image_metrics import SSIM_C1, SSIM_C2, SSIM_RADIUS_PX, SSIM_WINDOW


def photometric_loss(image: Tensor, target: Tensor, ssim_lambda: float) -> Tensor:
    """Loss as a scalar, differentiable in `image`; both images [H, W, 3], values around [0, 1].

    SSIM has zeros around the image, as in 3DGS. float32 on the CPU runs in numba, value and gradient in one
    pass; all other types and devices in plain torch.
    """
    if image.shape != target.shape:
        raise ValueError(f"image is {tuple(image.shape)}, target is {tuple(target.shape)}")
    if image.device.type == "cpu" and image.dtype == target.dtype == torch.float32:
        loss: Tensor = _PhotometricLoss.apply(image, target, ssim_lambda)
        return loss
    return torch_photometric_loss(image, target, ssim_lambda)


def torch_photometric_loss(image: Tensor, target: Tensor, ssim_lambda: float) -> Tensor:
    """`photometric_loss` in plain torch, for any device and floating type."""
    l1 = (image - target).abs().mean()
    return (1.0 - ssim_lambda) * l1 + ssim_lambda * (1.0 - _mean_ssim(image, target))


def _mean_ssim(image: Tensor, target: Tensor) -> Tensor:
    a, b = image.permute(2, 0, 1)[:, None], target.permute(2, 0, 1)[:, None]
    mean_a, mean_b = _blur(a), _blur(b)
    variance_a = _blur(a * a) - mean_a * mean_a
    variance_b = _blur(b * b) - mean_b * mean_b
    covariance = _blur(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + SSIM_C1) / (mean_a * mean_a + mean_b * mean_b + SSIM_C1)
    contrast = (2 * covariance + SSIM_C2) / (variance_a + variance_b + SSIM_C2)
    return (luminance * contrast).mean()


def _blur(planes: Tensor) -> Tensor:
    """Gaussian window over planes [C, 1, H, W], zeros around."""
    taps = torch.as_tensor(SSIM_WINDOW, dtype=planes.dtype, device=planes.device)
    half = SSIM_RADIUS_PX
    along_x = torch.nn.functional.conv2d(planes, taps.view(1, 1, 1, -1), padding=(0, half))
    return torch.nn.functional.conv2d(along_x, taps.view(1, 1, -1, 1), padding=(half, 0))


class _PhotometricLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, target: Tensor, ssim_lambda: float) -> Tensor:
        # Imported here: a training on a GPU does without numba, and starts earlier.
        from components.train.losses.photometric_kernels import photometric_value_and_gradient

        value, gradient = photometric_value_and_gradient(_array(image), _array(target), ssim_lambda)
        ctx.gradient = torch.from_numpy(gradient)
        return torch.tensor(value, dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, v_loss: Tensor) -> tuple[Tensor, None, None]:
        return ctx.gradient * v_loss, None, None


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().contiguous().numpy()
    return array
