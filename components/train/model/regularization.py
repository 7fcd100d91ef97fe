"""Regularization terms of the loss."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Regularization:
    """Weights of the terms in the loss, named as in gsplat."""

    scale_reg: float = 0.05
    """Weight of the mean scale, in units of the scene scale: discourages wide Gaussians that blur areas
    which few photos show."""
    opacity_reg: float = 0.0
    """Weight of the mean opacity: Gaussians that no photo needs fade."""
