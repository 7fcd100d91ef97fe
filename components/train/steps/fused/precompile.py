"""Compiles every kernel of a training on a GPU into Triton's cache, for GPUs that need not be there.

    TRITON_CACHE_DIR=kernels python -m components.train.steps.fused.precompile 86 89 90

The steps themselves run, on a driver whose launches do nothing: a list of kernels and their arguments would
fall behind the code. The tensors' values mean nothing meanwhile.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from triton.backends.compiler import GPUTarget
from triton.runtime.driver import driver

from components.shared.scene import Camera
from components.train.corrections.corrections import Corrections
from components.train.corrections.exposure import Exposure
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import NAMES, Gaussians
from components.train.scene.views import TrainingView
from components.train.steps.fused.fused_step import FusedStep
from components.train.steps.fused.noise import perturb_means
from components.train.steps.fused.tiles import IntersectionCapacity
from components.train.steps.step import StepConfig

_CPU = torch.device("cpu")
_SIZES = [(64, 32, 32), (65, 33, 31)]
"""Count of Gaussians, width and height: kernels for odd ones take rows of tensors at odd addresses."""
_LARGE_SIDE = 1_456
"""Side in px of a photo with more tiles than 16 bits can number."""


def precompile(capability: int, sh_degrees: range = range(4)) -> None:
    """Compile for a compute capability such as 86, for all photos and settings of fused steps."""
    with _compile_only(capability):
        for sh_degree, shape in itertools.product(sh_degrees, _SIZES):
            for switches in itertools.product((False, True), repeat=3):
                _take_step(shape, sh_degree, *switches)
            _take_step(shape, sh_degree, has_palette=True)
        _take_step((64, _LARGE_SIDE, _LARGE_SIDE), 0)
        perturb_means(_gaussians(64).tensors, torch.zeros(64, 3), 1.0)


class _CompileOnlyDriver:
    """What Triton's compiler and launcher ask a driver for: compiles for `capability`, launches nothing."""

    def __init__(self, capability: int) -> None:
        self._capability = capability
        self.utils = self

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", self._capability, 32)

    def get_current_device(self) -> int:
        """Triton keeps compiled kernels by device: one for each capability."""
        return self._capability

    def get_current_stream(self, _: int) -> int:
        return 0

    def get_device_properties(self, _: int) -> dict[str, int]:
        return {"max_shared_mem": sys.maxsize}

    def load_binary(self, *_: Any) -> tuple[object, int, int, int, int]:
        """Module, function, registers, spilled bytes, greatest number of threads."""
        return object(), 0, 0, 0, sys.maxsize

    def launcher_cls(self, *_: Any) -> Any:
        return lambda *arguments: None


@contextmanager
def _compile_only(capability: int) -> Iterator[None]:
    driver.set_active(_CompileOnlyDriver(capability))
    try:
        yield
    finally:
        driver.set_active(None)  # The next launch looks for a GPU again.


class _FixedCapacity(IntersectionCapacity):
    """The counts on the device mean nothing here."""

    def of(self, photo: int, count: Tensor) -> int:
        return 1_024


def _take_step(
    shape: tuple[int, int, int],
    sh_degree: int,
    has_stats: bool = False,
    is_exposed: bool = False,
    is_masked: bool = False,
    has_palette: bool = False,
) -> None:
    count, width, height = shape
    exposure = Exposure.starting_at(torch.zeros(2, 3)) if is_exposed else None
    config = StepConfig(ssim_lambda=0.2, scene_scale=1.0, corrections=Corrections(exposure=exposure))
    step = FusedStep(config, _CPU, _FixedCapacity())
    stats = DensificationStats.zeros(count, _CPU) if has_stats else None
    photo = _photo(width, height, is_masked, index=count % 2)
    gaussians = _gaussians(count)
    if has_palette:
        gaussians.share_colors(torch.arange(count) // 2, gaussians["shN"].detach()[count // 2 :])
    step(gaussians, [photo], dict.fromkeys(NAMES, 0.0), sh_degree, stats=stats)


def _gaussians(count: int) -> Gaussians:
    shapes = {"means": 3, "quats": 4, "scales": 3, "sh0": 3}
    tensors = {name: torch.zeros(count, width) for name, width in shapes.items()}
    return Gaussians({**tensors, "opacities": torch.zeros(count), "shN": torch.zeros(count, 15, 3)})


def _photo(width: int, height: int, is_masked: bool, index: int) -> TrainingView:
    camera = Camera(np.eye(4), np.eye(3), width, height)
    mask = torch.ones(height, width, dtype=torch.bool) if is_masked else None
    return TrainingView("", camera, torch.zeros(height, width, 3, dtype=torch.uint8), mask=mask, index=index)


def main() -> None:
    for capability in sys.argv[1:]:
        precompile(int(capability))


if __name__ == "__main__":
    main()
