"""GPU memory of a training at its peak, counted from the tensors that its code holds at the same time.

This is for CUDA: the CPU's rasterizer has other lists. Of all tensors of a phase those are counted that grow
with Gaussians, with entries of the tiles' lists, or with pixels.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import chain

from torch import Tensor

from components.train.scene.views import DEVICE_CACHE_BYTES, Photo, Views
from components.train.settings import MAX_GAUSSIANS, Plan, TrainSettings
from components.train.strategies.bounds import ROWS_AT_ONCE

_WORKSPACE = 32 << 20
"""cuBLAS takes it at its first use and keeps it: so much on Hopper, 8 MiB elsewhere."""
_SPLIT = 0.05
"""Part of the Gaussians that one refinement adds: 1/28 of their growth, and as many as have died."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Entries of the tiles' lists, per Gaussian and per pixel.

    Counted in eleven views of the room of the README, drawn with 0.2 to 57 pixels a Gaussian: the most that
    a view listed is within 20 % of these lines.
    """

    gaussian: float
    pixel: float


EXACT = Lists(gaussian=1.4, pixel=0.85)
"""Tiles of 8 px that the ellipse touches: the fused step's."""
BOXES = Lists(gaussian=1.15, pixel=0.32)
"""Tiles of 16 px that its bounding box touches: gsplat's."""
_ROOM = 1.3
"""Of the fused step's lists: 1.15 times the growth between two visits of a photo."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Bytes that live only for a while: per Gaussian, per entry of the lists, and per pixel of the photo."""

    gaussian: float
    entry: float = 0.0
    pixel: float = 0.0
    lists: Lists = EXACT

    def bytes(self, count: int, pixels: int) -> int:
        entries = self.lists.gaussian * count + self.lists.pixel * pixels
        return round(self.gaussian * count + self.entry * entries + self.pixel * pixels)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes by what they are for. Of the phases only the largest counts."""

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
    """Of all photos at all sizes; 0 where they stay in host memory."""
    largest_px: int
    """Pixels of the largest photo."""
    cameras: int
    sh_degree: int
    uses_autograd: bool = False
    """Whether the step is `AutogradStep` in place of `FusedStep`."""
    gpus: int = 1
    """That share the Gaussians; the forecast is for each."""

    @classmethod
    def of(cls, views: Views, settings: TrainSettings, plan: Plan, gpus: int = 1) -> Workload:
        full, reduced = [*views.training[0], *views.held_out], list(chain(*views.training[1:]))
        fits = sum(photo.pixels.nbytes for photo in full) < DEVICE_CACHE_BYTES
        return cls(
            photo_bytes=_bytes([*full, *reduced]) if fits else 0,
            largest_px=max(photo.camera.width * photo.camera.height for photo in full),
            cameras=len(full),
            sh_degree=plan.sh_degree,
            uses_autograd=settings.needs_autograd or not plan.recipe.fused,
            gpus=gpus,
        )

    def forecast(self, count: int) -> Forecast:
        """With a budget of `count` Gaussians."""
        own = -(-count // self.gpus)
        return Forecast(
            photos=self.photo_bytes,
            workspace=_WORKSPACE,
            gaussians=own * (3 * _row_bytes(self.sh_degree) + 4 + 8),  # Moments, ages, evidence.
            phases={
                "distances": 4 * min(own, ROWS_AT_ONCE) * self.cameras,
                "refine": _refine(self.sh_degree).bytes(own, self.largest_px),
                **{name: phase.bytes(count, self.largest_px) for name, phase in self._drawing().items()},
            },
        )

    def largest_budget(self, usable_bytes: int) -> int:
        """Gaussians, in thousands, whose peak is at most that; 0 where not even one thousand fits."""
        counts = range(1_000, MAX_GAUSSIANS + 1, 1_000)
        return 1_000 * bisect_right(counts, usable_bytes, key=lambda count: self.forecast(count).peak)

    def _drawing(self) -> dict[str, Phase]:
        step = _autograd_step(self.sh_degree) if self.uses_autograd else _FUSED_STEP
        phases = {**step, "measure": _measure(self.sh_degree)}
        return phases if self.gpus == 1 else _shared(phases, self.sh_degree)


def _row_bytes(sh_degree: int) -> int:
    """Of one Gaussian's parameters: 14 floats besides the colours that depend on the direction."""
    return 4 * (14 + 3 * ((sh_degree + 1) ** 2 - 1))


def _colors_bytes(sh_degree: int) -> int:
    """Of one Gaussian's spherical harmonics; gsplat wants them in one tensor, which is a copy."""
    return 12 * (sh_degree + 1) ** 2


def _refine(sh_degree: int) -> Phase:
    """`Gaussians._edit` holds a parameter and its moments twice while it changes them, the widest last;
    besides scores, masks, and the rows of those that are split."""
    widest = max(16, _colors_bytes(sh_degree) - 12)
    return Phase(gaussian=3 * widest + 4 + 1 + _SPLIT * (_row_bytes(sh_degree) + 12 + 8))


_ELLIPSES = 32 + 4 + 4 + 8
"""Table, depths, tiles, order."""
_FUSED_STEP = {
    # Ends and colours; tile (4) and row (4) of each entry, and for the sort both ways of tile and position.
    "list": Phase(gaussian=_ELLIPSES + 4 + 16, entry=_ROOM * (8 + 2 * 4 + 3 * 8)),
    # The picture as drawn and as exposed, the loss' eleven planes of three channels, the gradient.
    "compare": Phase(gaussian=_ELLIPSES + 4 + 16, entry=_ROOM * 4, pixel=2 * 16 + 11 * 12 + 16),
    # Sums and the gradient to the means; the picture and its gradient.
    "update": Phase(gaussian=_ELLIPSES + 4 + 16 + 64 + 12, entry=_ROOM * 4, pixel=2 * 16),
}


def _shared(phases: dict[str, Phase], sh_degree: int) -> dict[str, Phase]:
    """By a team: each process looks at a share of the Gaussians for every photo, as many rows as there are
    Gaussians, packs and deals them (56 bytes a row); to measure, it takes the shares of all."""
    looks = _ELLIPSES + 16
    kept = {"measure": _row_bytes(sh_degree)}
    return {
        "deal": Phase(gaussian=looks + 3 * 56),
        **{
            name: replace(phase, gaussian=phase.gaussian + kept.get(name, looks))
            for name, phase in phases.items()
        },
        "give back": Phase(gaussian=2 * looks + 2 * 64, entry=_ROOM * 4, pixel=2 * 16),
        "gather": Phase(gaussian=2 * _colors_bytes(sh_degree)),
    }


def _drawn_by_gsplat(sh_degree: int) -> int:
    """Scales, opacities (16), harmonics, ellipses (32), directions, masks (13), colours (24), places (12)."""
    return 16 + _colors_bytes(sh_degree) + 32 + 13 + 24 + 12


def _measure(sh_degree: int) -> Phase:
    """A held-out photo drawn by gsplat; 64-bit keys and rows of its lists, and both sorted.

    The pass over all photos at the end holds less: by then moments are forgotten.
    """
    return Phase(gaussian=_drawn_by_gsplat(sh_degree), entry=24, pixel=20, lists=BOXES)


def _autograd_step(sh_degree: int) -> dict[str, Phase]:
    """The loss keeps eighteen planes of three channels; harmonics' gradients exist twice for a moment."""
    drawn = _drawn_by_gsplat(sh_degree)
    return {
        "compare": Phase(gaussian=drawn, entry=4, pixel=18 * 12 + 3 * 12 + 8, lists=BOXES),
        "gradients": Phase(
            gaussian=2 * _colors_bytes(sh_degree) + _row_bytes(0) + 100, entry=4, pixel=60, lists=BOXES
        ),
    }


def _bytes(photos: list[Photo]) -> int:
    """Of all tensors, each once: photos of several sizes share some."""
    tensors = {
        value.data_ptr(): value.nbytes
        for photo in photos
        for name in Photo.__dataclass_fields__
        if isinstance(value := getattr(photo, name), Tensor)
    }
    return sum(tensors.values())
