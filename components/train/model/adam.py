"""Adam of one parameter: its moments, and torch's fused kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-15


class Adam:
    """Moments of a parameter [N, ...], and the number of its steps.

    `torch.optim.Adam` does the same with the same kernel, but imports torch's compiler: 4 s of a training.
    """

    def __init__(self, parameter: Tensor) -> None:
        device = parameter.device
        self.steps = torch.zeros((), device=device)
        self.exp_avg = torch.zeros_like(parameter, requires_grad=False)
        self.exp_avg_sq = torch.zeros_like(parameter, requires_grad=False)

    @torch.no_grad()
    def step(self, parameter: Tensor, rate: float) -> None:
        """Change `parameter` in place along its gradient."""
        assert parameter.grad is not None, "a step follows `backward()`"
        self.steps += 1
        torch._fused_adam_(
            [parameter],
            [parameter.grad],
            [self.exp_avg],
            [self.exp_avg_sq],
            [],
            [self.steps],
            lr=rate,
            beta1=_BETA1,
            beta2=_BETA2,
            weight_decay=0.0,
            eps=_EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def change_rows(self, change: Callable[[Tensor], Tensor]) -> None:
        """Apply `change` to the rows of both moments, one after the other to save memory."""
        self.exp_avg = change(self.exp_avg)
        self.exp_avg_sq = change(self.exp_avg_sq)

    def state_dict(self) -> dict[str, Any]:
        """With the keys of `torch.optim.Adam`, in which checkpoints have always been."""
        return {"step": self.steps, "exp_avg": self.exp_avg, "exp_avg_sq": self.exp_avg_sq}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Load what `state_dict` or `torch.optim.Adam` saved, onto this device."""
        device = self.exp_avg.device
        self.steps, self.exp_avg, self.exp_avg_sq = (
            saved[name].to(device) for name in ("step", "exp_avg", "exp_avg_sq")
        )
