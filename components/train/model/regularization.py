"""What Gaussians cost besides the picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Penalties:
    """Weights in the loss."""

    width: float = 0.05
    """Of the mean width, in scene extents: wide Gaussians blur what few photos show."""
    opacity: float = 0.0
    """Of the mean opacity: what no photo asks for fades."""


USUAL = Penalties()
