"""Every kernel of a training on a GPU, compiled into Triton's cache for GPUs that need not be there.

    TRITON_CACHE_DIR=kernels python -m components.train.steps.fused.precompile 86 89 90

The steps themselves are taken, with launches that only compile: a list of kernels and their arguments would
be older than the code one day. What memory holds means nothing meanwhile.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from triton.backends.compiler import GPUTarget
from triton.runtime.driver import driver
from triton.runtime.jit import JITFunction

from components.shared.scene import Camera
from components.train.corrections.corrections import Corrections
from components.train.corrections.exposure import Exposure
from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import NAMES, Gaussians
from components.train.scene.views import Photo
from components.train.steps.fused.noise import wander
from components.train.steps.fused.step import FusedStep

_CPU = torch.device("cpu")
_SIZES = [(64, 32, 32), (65, 33, 31)]
"""Gaussians and a photo's sides: where they are odd, rows of tensors begin at addresses that are."""
_LARGE_SIDE = 1_456
"""Of a photo with more tiles than 16 bits can name."""


def precompile(capability: int, sh_degrees: range = range(4)) -> None:
    """For a compute capability such as 86, of the photos and settings that fused steps know."""
    with _absent_gpu(capability):
        for sh_degree, shape in itertools.product(sh_degrees, _SIZES):
            for switches in itertools.product((False, True), repeat=3):
                _take_step(shape, sh_degree, *switches)
        _take_step((64, _LARGE_SIDE, _LARGE_SIDE), 0)
        wander(_gaussians(64).tensors, torch.zeros(64, 3), 1.0)


class _Absent:
    """What Triton asks its driver while it compiles."""

    def __init__(self, capability: int) -> None:
        self._capability = capability

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", self._capability, 32)

    def get_current_device(self) -> int:
        """Kernels are kept by device: one for each capability."""
        return self._capability

    def get_current_stream(self, _: int) -> int:
        return 0


@contextmanager
def _absent_gpu(capability: int) -> Iterator[None]:
    launch = JITFunction.run

    def only_compile(kernel: Any, *arguments: Any, **options: Any) -> Any:
        return launch(kernel, *arguments, **{**options, "warmup": True})

    driver.set_active(_Absent(capability))
    JITFunction.run = only_compile
    try:
        yield
    finally:
        JITFunction.run = launch
        driver.set_active(None)  # Whoever launches next looks for a GPU again.


class _Room:
    """In place of `Rooms`: how long the lists are, nobody knows."""

    def room_for(self, *_: Any) -> int:
        return 1_024


def _take_step(
    shape: tuple[int, int, int],
    sh_degree: int,
    has_evidence: bool = False,
    is_exposed: bool = False,
    is_masked: bool = False,
) -> None:
    count, width, height = shape
    exposure = Exposure.starting_at(torch.zeros(2, 3)) if is_exposed else None
    step = FusedStep(0.2, 1.0, _CPU, Corrections(exposure=exposure))
    step._rooms = _Room()  # type: ignore[assignment]
    evidence = Evidence.none(count, _CPU) if has_evidence else None
    photo = _photo(width, height, is_masked, index=count % 2)
    step(_gaussians(count), evidence, [photo], dict.fromkeys(NAMES, 0.0), sh_degree)


def _gaussians(count: int) -> Gaussians:
    shapes = {"means": 3, "quats": 4, "scales": 3, "sh0": 3}
    tensors = {name: torch.zeros(count, width) for name, width in shapes.items()}
    return Gaussians({**tensors, "opacities": torch.zeros(count), "shN": torch.zeros(count, 15, 3)})


def _photo(width: int, height: int, is_masked: bool, index: int) -> Photo:
    camera = Camera(np.eye(4), np.eye(3), width, height)
    mask = torch.ones(height, width, dtype=torch.bool) if is_masked else None
    return Photo("", camera, torch.zeros(height, width, 3, dtype=torch.uint8), mask=mask, index=index)


def main() -> None:
    for capability in sys.argv[1:]:
        precompile(int(capability))


if __name__ == "__main__":
    main()
