"""Hyperparameters that differ between short runs of few Gaussians and runs on a GPU; each was measured."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from components.shared.settings import Settings


class Hyperparameters(Settings):
    """Defaults are those of the CPU; `CUDA` has what differs on a GPU."""

    stage: ClassVar[str] = "train"

    init_opacity: float = Field(default=0.1, ge=0.001, le=0.999)
    """Initial opacity of Gaussians."""
    init_scale: float = Field(default=1.0, ge=0.01, le=100.0)
    """Initial scale of Gaussians, in root mean square distances to the three nearest neighbours."""
    half_resolution_until: float = Field(default=0.35, ge=0.0, le=1.0)
    """Fraction of the steps that are trained on photos at half their resolution."""
    sh_degree_interval: float = Field(default=0.1, ge=0.001, le=1.0)
    """Fraction of the steps after which the degree of spherical harmonics rises by one."""
    final_lr_factor: float = Field(default=1.0, ge=0.0001, le=1.0)
    """Final value of the learning-rate decay, as a factor; positions have a decay of their own."""
    uncovered_init_fraction: float = Field(default=0.1, ge=0.0, le=1.0)
    """Fraction of the budget that is initialized where photos show something and no point lies."""
    random_init_fraction: float = Field(default=0.2, ge=0.0, le=1.0)
    """Fraction of the budget that is initialized at random, where the capture has poses and no points."""
    split_by_error: bool = True
    """Choose Gaussians to split by gradient and error of the rendered image, else by the gradient alone."""
    split_long_axis: bool = True
    """Place the halves of a split along the longest axis, else at two random places, as gsplat does."""
    min_contribution: float = Field(default=0.02, ge=0.0, le=1000.0)
    """Gaussians that contribute less are pruned at the end, in pixels over all training views. 0: none."""
    shared_colors_from: float = Field(default=1.0, ge=0.7, le=1.0)
    """Fraction of the steps after which view-dependent colours are a palette of at most 65,536 entries, as
    in the delivered file, and trained as such. 1: never. Scenes of less than 100,000 Gaussians have none."""
    fused: bool = True
    """On CUDA: fused kernels and selective Adam, which updates visible Gaussians; else autograd and Adam."""
    means_lr_multiplier: float = Field(default=1.0, ge=0.001, le=1000.0)
    """Multiplier of the learning rate of the positions in the fused step. Selective Adam does not
    update Gaussians outside of the view (Adam would still apply momentum): visible ones need larger steps."""
    quats_lr_multiplier: float = Field(default=1.0, ge=0.001, le=1000.0)
    """The same of the quaternions."""
    scales_lr_multiplier: float = Field(default=1.0, ge=0.001, le=1000.0)
    """The same of the scales."""
    opacities_lr_multiplier: float = Field(default=1.0, ge=0.001, le=1000.0)
    """The same of the opacities."""
    colors_lr_multiplier: float = Field(default=1.0, ge=0.001, le=1000.0)
    """The same of the spherical harmonics."""

    @property
    def lr_multipliers(self) -> dict[str, float]:
        """The multipliers by the names of `Gaussians`."""
        colors = dict.fromkeys(("sh0", "shN"), self.colors_lr_multiplier)
        names = ("means", "quats", "scales", "opacities")
        return {**{name: getattr(self, f"{name}_lr_multiplier") for name in names}, **colors}


NAMES_OF_VERSION_0_1 = {
    "init_opacity": "start_opacity",
    "init_scale": "start_width",
    "half_resolution_until": "half_size_until",
    "sh_degree_interval": "sh_degree_every",
    "final_lr_factor": "calm_end",
    "uncovered_init_fraction": "covering",
    "random_init_fraction": "random_part",
    "split_by_error": "splits_by_error",
    "split_long_axis": "splits_long_axis",
    "means_lr_multiplier": "means_gain",
    "quats_lr_multiplier": "quats_gain",
    "scales_lr_multiplier": "scales_gain",
    "opacities_lr_multiplier": "opacities_gain",
    "colors_lr_multiplier": "colors_gain",
}
"""Deprecated names by present ones: still understood, and part of the keys of checkpoints."""

CPU = Hyperparameters()
CUDA = Hyperparameters(
    init_opacity=0.3,
    init_scale=0.7,
    sh_degree_interval=0.05,
    final_lr_factor=0.2,
    shared_colors_from=0.8,
    means_lr_multiplier=2.0,
    quats_lr_multiplier=6.0,
    scales_lr_multiplier=3.0,
    opacities_lr_multiplier=2.0,
    colors_lr_multiplier=8.0,
)
