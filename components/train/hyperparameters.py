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
    covering: float = 0.1
    """Part of the budget that goes at the start to what photos show and no point covers."""
    random_part: float = 0.2
    """Part of the budget that starts at random places, where the capture has poses and no points."""
    splits_by_error: bool = True
    """Split where the loss pulls and the picture is wrong, else where the loss pulls alone."""
    splits_long_axis: bool = True
    """Halves side by side along the longest axis, else at two random places, as gsplat splits."""
    min_contribution: float = 0.02
    """Delivered is what colours so much, in pixels summed over all training views; 0 stands for all."""
    fused: bool = True
    """On CUDA: own kernels, which move only what a photo shows; else autograd, and Adam that moves all."""
    means_gain: float = 1.0
    """Factor of a learning rate in the fused step, as the next four: who is not seen stands still, where
    dense Adam would go on by its momentum and count the gradient as zero, so each step has to go farther."""
    quats_gain: float = 1.0
    scales_gain: float = 1.0
    opacities_gain: float = 1.0
    colors_gain: float = 1.0

    @property
    def gains(self) -> dict[str, float]:
        """The factors by the names of `Gaussians`."""
        colors = dict.fromkeys(("sh0", "shN"), self.colors_gain)
        others = {name: getattr(self, f"{name}_gain") for name in ("means", "quats", "scales", "opacities")}
        return {**others, **colors}


CPU = Recipe()
CUDA = Recipe(
    start_opacity=0.3,
    start_width=0.7,
    sh_degree_every=0.05,
    calm_end=0.2,
    means_gain=2.0,
    quats_gain=6.0,
    scales_gain=3.0,
    opacities_gain=2.0,
    colors_gain=8.0,
)
