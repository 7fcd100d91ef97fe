"""Parameters of the training photos, one row each, and Adam for the row of one photo."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_BETA1, _BETA2, _EPS = 0.9, 0.99, 1e-15


class Rows:
    """Parameters float32 [P, D] of P photos, with moments and step counts per row.

    A photo comes once per epoch. With one step count for all rows Adam's bias correction would be wrong, and
    dense Adam would apply momentum to the rows of all other photos.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self._moments = torch.zeros((2, *values.shape), device=values.device)
        self._step_counts = [0] * len(values)

    def __len__(self) -> int:
        return len(self.values)

    @torch.no_grad()
    def step(self, index: int, gradient: Tensor, lr: float) -> None:
        """One Adam step of row `index` along its gradient [D]. Does not wait for the device."""
        self._step_counts[index] += 1
        count = self._step_counts[index]
        first, second = self._moments[0, index], self._moments[1, index]
        first.lerp_(gradient, 1.0 - _BETA1)
        second.lerp_(gradient * gradient, 1.0 - _BETA2)
        size = second.sqrt().add_(_EPS).mul_((1.0 - _BETA1**count) / (1.0 - _BETA2**count) ** 0.5)
        self.values[index].sub_(lr * first / size)

    def state_dict(self) -> dict[str, Any]:
        return {"values": self.values, "moments": self._moments, "step_counts": self._step_counts}

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> Rows:
        rows = cls(saved["values"].to(device))
        rows._moments = saved["moments"].to(device)
        rows._step_counts = list(saved["step_counts"])
        return rows
