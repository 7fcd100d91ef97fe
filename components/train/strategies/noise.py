"""Noise that lets faint Gaussians wander, each along its own shape (Kheradmand et al. 2024)."""

from __future__ import annotations

import torch

from components.train.gaussians import MIN_OPACITY, Gaussians
from components.train.quaternions import rotate
from components.train.strategies.randomness import Randomness

_STRENGTH = 5e5
"""In learning rates of the positions, per scene extent."""
_STEEPNESS = 100.0
"""Of the gate: half open for the dead, shut for those of an opacity of a tenth."""
_PURPOSE = 0x6E6F69


class Noise:
    """`extent` is the scene's: lengths are measured in it, where the paper takes it to be about 1."""

    def __init__(self, extent: float, seed: int, device: torch.device) -> None:
        self._extent = extent
        self._randomness = Randomness(seed, _PURPOSE, device)

    @torch.no_grad()
    def add(self, gaussians: Gaussians, means_rate: float, step: int) -> None:
        """Move the means; nothing here waits for the device."""
        tensors = gaussians.tensors
        variances = torch.exp(2.0 * tensors["scales"])
        gates = torch.sigmoid(_STEEPNESS * (MIN_OPACITY - gaussians.opacities))
        strength = _STRENGTH * means_rate / self._extent**2
        # Unit noise looks the same in all axes: drawn in those of each Gaussian, it need not be turned there.
        noise = torch.randn(variances.shape, generator=self._randomness.at(step), device=variances.device)
        noise *= variances * (strength * gates[:, None])
        tensors["means"].add_(rotate(tensors["quats"], noise))
