"""Noise that lets faint Gaussians wander, each along its own shape (Kheradmand et al. 2024)."""

from __future__ import annotations

import torch
from torch import Tensor

from components.shared.rasterize.quaternions import rotate
from components.train.model.gaussians import MIN_OPACITY, NOISE_GATE_STEEPNESS, Gaussians
from components.train.strategies.randomness import Randomness

_STRENGTH = 5e5
"""In learning rates of the positions, per scene extent."""
_PURPOSE = 0x6E6F69


class Noise:
    """`extent` is the scene's: lengths are measured in it, where the paper takes it to be about 1."""

    def __init__(self, extent: float, seed: int, device: torch.device) -> None:
        self._extent, self._device = extent, device
        self._randomness = Randomness(seed, _PURPOSE, device)
        self._wander = plain_wander
        if device.type == "cuda":
            from components.train.steps.fused.noise import perturb_means  # Triton is only where CUDA is.

            self._wander = perturb_means

    @torch.no_grad()
    def add(self, gaussians: Gaussians, means_rate: float, step: int) -> None:
        """Move the means; nothing here waits for the device."""
        random = self._randomness.at(step)
        noise = torch.randn((len(gaussians), 3), generator=random, device=self._device)
        self._wander(gaussians.tensors, noise, _STRENGTH * means_rate / self._extent**2)


@torch.no_grad()
def plain_wander(tensors: dict[str, Tensor], noise: Tensor, strength: float) -> None:
    """Move the means along normal `noise` [N, 3] times covariance, `strength` and gate.

    Such noise looks the same in all axes: taken as one in those of each Gaussian, it is turned only once.
    """
    gates = torch.sigmoid(NOISE_GATE_STEEPNESS * (MIN_OPACITY - torch.sigmoid(tensors["opacities"])))
    reach = torch.exp(2.0 * tensors["scales"]) * (strength * gates[:, None])
    tensors["means"].add_(rotate(tensors["quats"], reach * noise))
