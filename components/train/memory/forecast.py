"""Forecast of the peak of GPU memory, from the tensors that are alive at the same time.

For CUDA only. Counted are the tensors of each phase whose size grows with the number of Gaussians, with tile
intersections, or with pixels.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import chain

from torch import Tensor

from components.train.scene.views import DEVICE_CACHE_BYTES, TrainingView, Views
from components.train.settings import MAX_GAUSSIANS, Plan, TrainSettings
from components.train.strategies.bounds import contain_bytes

_WORKSPACE = 32 << 20
"""Of cuBLAS, allocated at its first use and kept: 32 MiB on Hopper, 8 MiB on other GPUs."""
_SPLIT_FRACTION = 0.05
"""Fraction of the Gaussians that one refinement splits: 1/28 of their growth, and as many as were pruned."""


@dataclass(frozen=True, slots=True)
class Intersections:
    """Tile intersections of one view, as a linear function of Gaussians and pixels.

    Measured on eleven views of the room of docs/results/training.md, with 0.2 to 57 pixels per Gaussian: the
    view with the most intersections is within 20 % of the function.
    """

    per_gaussian: float
    per_pixel: float


ELLIPSES = Intersections(per_gaussian=1.4, per_pixel=0.85)
"""Of ellipses with tiles of 8 px: the fused step."""
BOXES = Intersections(per_gaussian=1.15, per_pixel=0.32)
"""Of bounding boxes with tiles of 16 px: gsplat."""
_CAPACITY_FACTOR = 1.3
"""Capacity of the fused step's intersection lists: 1.15 times the growth between two steps of a photo."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Temporary bytes of one phase of a step, per Gaussian, per tile intersection, and per pixel."""

    gaussian: float
    intersection: float = 0.0
    pixel: float = 0.0
    intersections: Intersections = ELLIPSES

    def bytes(self, count: int, pixels: int) -> int:
        intersections = self.intersections.per_gaussian * count + self.intersections.per_pixel * pixels
        return round(self.gaussian * count + self.intersection * intersections + self.pixel * pixels)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes by purpose. The peak includes the largest phase only."""

    photos: int
    workspace: int
    gaussians: int
    phases: dict[str, int]

    @property
    def peak(self) -> int:
        return self.photos + self.workspace + self.gaussians + max(self.phases.values())

    @property
    def busiest(self) -> str:
        return max(self.phases, key=self.phases.__getitem__)


@dataclass(frozen=True, slots=True)
class Workload:
    """What decides memory besides the number of Gaussians."""

    photo_bytes: int
    """Of all photos at all sizes; 0 where they stay on the host."""
    largest_px: int
    """Pixels of the largest photo."""
    cameras: int
    sh_degree: int
    uses_autograd: bool = False
    """Whether the step is `AutogradStep`, not `FusedStep`."""
    gpus: int = 1
    """Among which the Gaussians are sharded; the forecast is for each."""

    @classmethod
    def of(cls, views: Views, settings: TrainSettings, plan: Plan, gpus: int = 1) -> Workload:
        full, reduced = [*views.training[0], *views.held_out], list(chain(*views.training[1:]))
        fits = sum(photo.pixels.nbytes for photo in full) < DEVICE_CACHE_BYTES
        return cls(
            photo_bytes=_bytes([*full, *reduced]) if fits else 0,
            largest_px=max(photo.camera.width * photo.camera.height for photo in full),
            cameras=len(full),
            sh_degree=plan.sh_degree,
            uses_autograd=settings.needs_autograd or not plan.hyperparameters.fused,
            gpus=gpus,
        )

    def forecast(self, count: int) -> Forecast:
        """Memory with `count` Gaussians on all GPUs together."""
        own = -(-count // self.gpus)
        return Forecast(
            photos=self.photo_bytes,
            workspace=_WORKSPACE,
            gaussians=own
            * (3 * _row_bytes(self.sh_degree) + 4 + 8),  # Parameters, moments, step counts, statistics.
            phases={
                "distances": contain_bytes(own, self.cameras),
                "refine": _refine(self.sh_degree).bytes(own, self.largest_px),
                **{name: phase.bytes(count, self.largest_px) for name, phase in self._step_phases().items()},
            },
        )

    def largest_budget(self, usable_bytes: int) -> int:
        """Largest budget whose peak is at most `usable_bytes`, in steps of 1,000; 0: not even 1,000 fit."""
        counts = range(1_000, MAX_GAUSSIANS + 1, 1_000)
        return 1_000 * bisect_right(counts, usable_bytes, key=lambda count: self.forecast(count).peak)

    def _step_phases(self) -> dict[str, Phase]:
        step = _autograd_step(self.sh_degree) if self.uses_autograd else _FUSED_STEP
        phases = {**step, "measure": _measure(self.sh_degree)}
        return phases if self.gpus == 1 else _sharded(phases, self.sh_degree)


def _row_bytes(sh_degree: int) -> int:
    """Parameters of one Gaussian: 14 floats besides the higher degrees of spherical harmonics."""
    return 4 * (14 + 3 * ((sh_degree + 1) ** 2 - 1))


def _colors_bytes(sh_degree: int) -> int:
    """Spherical harmonics of one Gaussian; gsplat takes them as one tensor, which is a copy."""
    return 12 * (sh_degree + 1) ** 2


def _refine(sh_degree: int) -> Phase:
    """`Gaussians._edit` holds a tensor twice while it replaces it, the widest last; besides, there are
    scores, masks, and the rows of the split Gaussians."""
    widest = max(16, _colors_bytes(sh_degree) - 12)
    return Phase(gaussian=widest + 4 + 1 + _SPLIT_FRACTION * (_row_bytes(sh_degree) + 12 + 8))


_PROJECTION = 32 + 4 + 4 + 8
"""Ellipse table, depth, tile count, order."""
_FUSED_STEP = {
    # Cumulative tile counts and colours; tile (4) and row (4) of each intersection, and the sort's buffers.
    "intersect": Phase(gaussian=_PROJECTION + 4 + 16, intersection=_CAPACITY_FACTOR * (8 + 2 * 4 + 3 * 8)),
    # The rendered image without and with exposure, eleven planes of three channels of the loss, the gradient.
    "compare": Phase(
        gaussian=_PROJECTION + 4 + 16, intersection=_CAPACITY_FACTOR * 4, pixel=2 * 16 + 11 * 12 + 16
    ),
    # Gradients of the ellipses and of the means; the rendered image and its gradient.
    "update": Phase(gaussian=_PROJECTION + 4 + 16 + 64 + 12, intersection=_CAPACITY_FACTOR * 4, pixel=2 * 16),
}


def _sharded(phases: dict[str, Phase], sh_degree: int) -> dict[str, Phase]:
    """On several GPUs: each rank projects its shard for all photos, which makes as many rows as there are
    Gaussians, and sends 56 bytes per row; to measure, each rank gathers all shards."""
    projection = _PROJECTION + 16
    extra = {"measure": _row_bytes(sh_degree)}
    return {
        "all_to_all": Phase(gaussian=projection + 3 * 56),
        **{
            name: replace(phase, gaussian=phase.gaussian + extra.get(name, projection))
            for name, phase in phases.items()
        },
        "reverse_all_to_all": Phase(
            gaussian=2 * projection + 2 * 64, intersection=_CAPACITY_FACTOR * 4, pixel=2 * 16
        ),
        "all_gather": Phase(gaussian=2 * _colors_bytes(sh_degree)),
    }


def _gsplat_bytes(sh_degree: int) -> int:
    """Per Gaussian: scales, opacities (16), harmonics, ellipses (32), directions, masks (13), colours (24),
    means (12)."""
    return 16 + _colors_bytes(sh_degree) + 32 + 13 + 24 + 12


def _measure(sh_degree: int) -> Phase:
    """A held-out view rendered by gsplat: 64-bit keys and rows of its intersections, unsorted and sorted, and
    84 bytes per Gaussian that were measured on an H200 beside the tensors known here.

    The pass over all photos at the end needs less memory: moments are freed before.
    """
    gaussian = _gsplat_bytes(sh_degree) + 84
    return Phase(gaussian=gaussian, intersection=24, pixel=20, intersections=BOXES)


def _autograd_step(sh_degree: int) -> dict[str, Phase]:
    """Autograd keeps eighteen planes of three channels; gradients of harmonics briefly exist twice."""
    rendered = _gsplat_bytes(sh_degree)
    return {
        "compare": Phase(gaussian=rendered, intersection=4, pixel=18 * 12 + 3 * 12 + 8, intersections=BOXES),
        "gradients": Phase(
            gaussian=2 * _colors_bytes(sh_degree) + _row_bytes(0) + 100,
            intersection=4,
            pixel=60,
            intersections=BOXES,
        ),
    }


def _bytes(photos: list[TrainingView]) -> int:
    """All tensors, each counted once: a photo's sizes share some."""
    tensors = {
        value.data_ptr(): value.nbytes
        for photo in photos
        for name in TrainingView.__dataclass_fields__
        if isinstance(value := getattr(photo, name), Tensor)
    }
    return sum(tensors.values())
