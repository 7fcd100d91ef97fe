"""Learning rates: those of 3D Gaussian splatting, tied to the run's length and the scene's size."""

from __future__ import annotations

import torch

from components.train.gaussians import Gaussians

# Kerbl et al. 2023; the positions' rates are in units of the scene's extent.
_MEANS_START, _MEANS_END = 1.6e-4, 1.6e-6
_RATES = {"quats": 1e-3, "scales": 5e-3, "opacities": 5e-2, "sh0": 2.5e-3, "shN": 2.5e-3 / 20}


def learning_rates(progress: float, extent: float, factor: float = 1.0) -> dict[str, float]:
    """Rates at `progress` in [0, 1]: those of positions decay exponentially; `factor` scales all."""
    means = extent * _MEANS_START * (_MEANS_END / _MEANS_START) ** progress
    return {name: rate * factor for name, rate in {"means": means, **_RATES}.items()}


def optimize(gaussians: Gaussians, rates: dict[str, float]) -> None:
    """One Adam step along the gradients that `backward()` left."""
    gaussians.set_learning_rates(rates)
    gaussians.optimizer.step()
    gaussians.optimizer.zero_grad(set_to_none=True)


def random_generator(device: torch.device, seed: int, step: int) -> torch.Generator:
    """The random numbers of one step: a function of seed and step, so that a resumed run repeats them."""
    return torch.Generator(device).manual_seed(seed * 1_000_003 + step)
