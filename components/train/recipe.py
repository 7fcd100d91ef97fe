"""Choices that short runs of few Gaussians and those on a GPU answer differently, each by measurement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """Defaults are those of the CPU; the README's ablation shows what each is worth on a GPU."""

    start_opacity: float = 0.1
    start_width: float = 1.0
    """In root mean square distances to the three nearest neighbours."""
    half_size_until: float = 0.35
    """Part of the run that sees photos of half their size."""
    sh_degree_every: float = 0.1
    """Part of the run after which colours depend on the direction by one more degree."""
    calm_end: float = 1.0
    """Factor of all learning rates but the positions' at the end, which they fall to at last."""


CPU = Recipe()
CUDA = Recipe(start_opacity=0.3, start_width=0.7, sh_degree_every=0.05, calm_end=0.2)
