"""One row of parameters per training photo, and Adam for the one row that a step sees."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_BETA1, _BETA2, _EPS = 0.9, 0.99, 1e-15


class Rows:
    """`values` float32 [P, D]; each row keeps moments of its own and counts its own steps.

    Photos come once a round: with steps counted together the young moments would be taken for old ones, and
    with dense Adam a row would go on by its momentum while others are looked at.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self._moments = torch.zeros((2, *values.shape), device=values.device)
        self._ages = [0] * len(values)

    def __len__(self) -> int:
        return len(self.values)

    @torch.no_grad()
    def step(self, index: int, gradient: Tensor, rates: Tensor | float) -> None:
        """Move row `index` against its gradient [D]; nothing waits for the device."""
        self._ages[index] += 1
        age = self._ages[index]
        first, second = self._moments[0, index], self._moments[1, index]
        first.lerp_(gradient, 1.0 - _BETA1)
        second.lerp_(gradient * gradient, 1.0 - _BETA2)
        size = second.sqrt().add_(_EPS).mul_((1.0 - _BETA1**age) / (1.0 - _BETA2**age) ** 0.5)
        self.values[index].sub_(rates * first / size)

    def state_dict(self) -> dict[str, Any]:
        return {"values": self.values, "moments": self._moments, "ages": self._ages}

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> Rows:
        rows = cls(saved["values"].to(device))
        rows._moments = saved["moments"].to(device)
        rows._ages = list(saved["ages"])
        return rows
