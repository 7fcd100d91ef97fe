"""LPIPS (Zhang et al. 2018) with AlexNet, from the weights that the `lpips` package publishes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError

import numpy as np

from components.shared.errors import InputError

# Name, stride and padding of AlexNet's convolutions; a 3×3 max-pooling of stride 2 precedes the 2nd and 3rd.
_CONVOLUTIONS = (
    ("net.slice1.0", 4, 2),
    ("net.slice2.3", 1, 2),
    ("net.slice3.6", 1, 1),
    ("net.slice4.8", 1, 1),
    ("net.slice5.10", 1, 1),
)
_POOLED = (1, 2)
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)


def load_lpips(weights: Path) -> Callable[[np.ndarray, np.ndarray], float]:
    """LPIPS of two images, uint8 [H, W, 3]; 0 for identical images.

    `weights` is the state dict of `lpips.LPIPS(net="alex")`, saved with `torch.save`.

    Raises:
        InputError: torch is not installed, or the file has other content.
    """
    try:
        import torch
    except ImportError as error:
        raise _unusable(weights, "torch is not installed") from error
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        layers = [
            (state[f"{name}.weight"], state[f"{name}.bias"], state[f"lin{index}.model.1.weight"])
            for index, (name, _, _) in enumerate(_CONVOLUTIONS)
        ]
    except (OSError, RuntimeError, KeyError, EOFError, ValueError, UnpicklingError) as error:
        raise _unusable(weights, f"{type(error).__name__}: {error}".partition("\n")[0]) from error

    @torch.no_grad()
    def distance(a: np.ndarray, b: np.ndarray) -> float:
        total = torch.zeros(())
        pair = torch.from_numpy(np.stack([a, b])).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        features = (pair - torch.tensor(_SHIFT).view(1, 3, 1, 1)) / torch.tensor(_SCALE).view(1, 3, 1, 1)
        for index, (kernel, bias, linear) in enumerate(layers):
            if index in _POOLED:
                features = torch.nn.functional.max_pool2d(features, 3, 2)
            _, stride, padding = _CONVOLUTIONS[index]
            features = torch.nn.functional.conv2d(features, kernel, bias, stride, padding).relu()
            unit = features / (features.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)
            total = total + ((unit[0] - unit[1]).square() * linear[0]).sum(dim=0).mean()
        return float(total)

    return distance


def _unusable(weights: Path, problem: str) -> InputError:
    return InputError(
        f"LPIPS cannot be measured with {weights}: {problem}",
        remedy="Install torch, and make the file with torch.save("
        'lpips.LPIPS(net="alex").state_dict(), path). Without weights LPIPS is not measured.',
    )
