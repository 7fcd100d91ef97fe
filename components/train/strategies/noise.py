"""MCMC noise on the means, in the shape of each Gaussian (Kheradmand et al. 2024)."""

from __future__ import annotations

import torch
from torch import Tensor

from components.shared.rasterize.quaternions import rotate
from components.train.model.gaussians import MIN_OPACITY, NOISE_GATE_STEEPNESS, Gaussians
from components.train.strategies.randomness import Purpose, Randomness

_NOISE_LR = 5e5
"""Factor of the means' learning rate."""


class Noise:
    """Perturbs the means after each step. The paper assumes a scene scale of about 1."""

    def __init__(self, scene_scale: float, seed: int, device: torch.device) -> None:
        self._scene_scale, self._device = scene_scale, device
        self._randomness = Randomness(seed, Purpose.NOISE, device)
        self._perturb_means = perturb_means
        if device.type == "cuda":
            # Imported here: Triton is installed with CUDA only.
            from components.train.steps.fused import noise

            self._perturb_means = noise.perturb_means

    @torch.no_grad()
    def perturb(self, gaussians: Gaussians, means_lr: float, step: int) -> None:
        """Add the step's noise to the means, in place. Does not wait for the device."""
        noise = torch.randn((len(gaussians), 3), generator=self._randomness.at(step), device=self._device)
        self._perturb_means(gaussians.stored, noise, _NOISE_LR * means_lr / self._scene_scale**2)


@torch.no_grad()
def perturb_means(tensors: dict[str, Tensor], noise: Tensor, strength: float) -> None:
    """Add normal `noise` [N, 3] times covariance, `strength` and opacity gate to the means, in place.

    The noise is isotropic, so it is taken as given in each Gaussian's own axes and rotated once.
    """
    gates = torch.sigmoid(NOISE_GATE_STEEPNESS * (MIN_OPACITY - torch.sigmoid(tensors["opacities"])))
    variances = torch.exp(2.0 * tensors["scales"]) * (strength * gates[:, None])
    tensors["means"].add_(rotate(tensors["quats"], variances * noise))
