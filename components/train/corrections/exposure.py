"""Exposure and white balance of each training photo, learned with the Gaussians.

The rendered image is brought into the photo's exposure before the two are compared: each channel times a
gain, plus an offset. A gain of sRGB values is a gain of linear light where sRGB is close to a power law.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from components.train.corrections.rows import Rows
from components.train.scene.views import TrainingView

_MAX_LR, _FINAL_LR_FACTOR = 0.03, 0.1
"""Largest initial learning rate of log gains and offsets, and its decay until the end."""
_MAX_CHANGE = 1.0
"""Limit of all steps of a photo together: photos that come often have a lower learning rate."""
_REGULARIZATION = 1e-2
"""Weight of the squares of log gains and offsets in the loss."""


class Exposure:
    """Three log gains, then three offsets (red, green, blue) of each training photo.

    Their means over all photos stay zero: otherwise gains could grow while the Gaussians darken.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._lr = _MAX_LR

    @classmethod
    def starting_at(cls, log_gains: Tensor) -> Exposure:
        """With log gains [P, 3] minus their mean, and zero offsets."""
        gains = log_gains - log_gains.mean(dim=0)
        return cls(Rows(torch.cat([gains, torch.zeros_like(gains)], dim=1)))

    @property
    def values(self) -> Tensor:
        """[P, 6]."""
        return self._rows.values

    def set_progress(self, step: int, steps: int, lr_scale: float) -> None:
        """Set the learning rate at `step` of `steps`; `lr_scale` multiplies it."""
        visits = steps / len(self._rows)
        self._lr = lr_scale * min(_MAX_LR, _MAX_CHANGE / visits) * _FINAL_LR_FACTOR ** (step / steps)

    @torch.no_grad()
    def step(self, index: int, gradient: Tensor) -> None:
        """One Adam step of photo `index` along the gradient [6] of the loss; then subtract the means."""
        row = self._rows.values[index]
        self._rows.step(index, gradient + 2.0 * _REGULARIZATION * row, self._lr)
        self._rows.values.sub_(self._rows.values.mean(dim=0))

    def describe(self, _: list[TrainingView]) -> list[dict[str, Any]]:
        """The fields of `LearnedCorrections`, per photo."""
        rows = torch.cat([self.values[:, :3].exp(), self.values[:, 3:]], dim=1).tolist()
        return [{"gains": row[:3], "offsets": row[3:]} for row in rows]

    def state_dict(self) -> dict[str, Any]:
        return self._rows.state_dict()

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> Exposure:
        return cls(Rows.from_state_dict(saved, device))


def expose(image: Tensor, row: Tensor) -> Tensor:
    """The rendered image [H, W, 3] in the exposure of a photo, a row [6] of `Exposure`."""
    return torch.addcmul(row[3:], image, row[:3].exp())


def exposed_background(background: Tensor | None, row: Tensor) -> Tensor:
    """The background [3] in the exposure of a photo, clamped to [0, 1]; None: black."""
    color = torch.zeros_like(row[:3]) if background is None else background
    return expose(color, row).clamp(0.0, 1.0)
