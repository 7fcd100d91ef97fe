"""Exposure compensation: what a photo's camera settings did to the colours, so that the splats need not.

The rendered picture is brightened and tinted like the photo before the two are compared: each channel times
a gain, plus an offset. A gain of sRGB values is a gain of light, as far as sRGB is a power law.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from components.train.corrections.rows import Rows
from components.train.scene.views import Photo

_RATE, _FALL = 0.03, 0.1
"""The greatest rate of log gains and offsets at the start, and its factor at the end."""
_REACH = 1.0
"""How far they may go in all if they always go one way: photos that come often take smaller steps."""
_TOWARDS_IDENTITY = 1e-2
"""Weight of the squares of log gains and offsets in the loss."""


class Exposure:
    """Per training photo three log gains, then three offsets (red, green, blue), whose means are zero.

    Only that fixes how bright the splats are: were all gains free, they could grow while the splats darken.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._rate = _RATE

    @classmethod
    def starting_at(cls, log_gains: Tensor) -> Exposure:
        """From log gains [P, 3]; offsets are zero."""
        gains = log_gains - log_gains.mean(dim=0)
        return cls(Rows(torch.cat([gains, torch.zeros_like(gains)], dim=1)))

    @property
    def values(self) -> Tensor:
        """[P, 6]."""
        return self._rows.values

    def set_progress(self, step: int, steps: int, caution: float) -> None:
        visits = steps / len(self._rows)
        self._rate = caution * min(_RATE, _REACH / visits) * _FALL ** (step / steps)

    @torch.no_grad()
    def step(self, index: int, gradient: Tensor) -> None:
        """One Adam step of photo `index` along the loss' gradient [6], then back to means of zero."""
        row = self._rows.values[index]
        self._rows.step(index, gradient + 2.0 * _TOWARDS_IDENTITY * row, self._rate)
        self._rows.values.sub_(self._rows.values.mean(dim=0))

    def to_json(self, _: list[Photo]) -> list[dict[str, Any]]:
        """Factors and offsets of red, green and blue, per photo."""
        rows = torch.cat([self.values[:, :3].exp(), self.values[:, 3:]], dim=1).tolist()
        return [{"gains": row[:3], "offsets": row[3:]} for row in rows]

    def state_dict(self) -> dict[str, Any]:
        return self._rows.state_dict()

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> Exposure:
        return cls(Rows.from_state_dict(saved, device))


def expose(image: Tensor, row: Tensor) -> Tensor:
    """The picture [H, W, 3] as the photo's camera would have taken it, by a row [6] of `Exposure`."""
    return torch.addcmul(row[3:], image, row[:3].exp())


def exposed_background(background: Tensor | None, row: Tensor) -> Tensor:
    """A colour [3] behind what was photographed, in the same exposure; None is black."""
    color = torch.zeros_like(row[:3]) if background is None else background
    return expose(color, row).clamp(0.0, 1.0)
