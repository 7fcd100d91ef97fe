"""What all sizes of a file have in common: usable Gaussians in canonical form, and what is seen of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from components.compress.canonical import canonical_form
from components.compress.cuda import cuda_rasterizer, load_torch_in_background
from components.compress.distinct_rows import DistinctRows, find_distinct_rows
from components.compress.drop_unusable import LeftOut, drop_unusable
from components.compress.order.hilbert import hilbert_order
from components.compress.settings import CompressSettings
from components.compress.visible.sensitivity import Sensitivity, measure_sensitivity
from components.shared.errors import InputError
from components.shared.progress import OnProgress
from components.shared.scene import Camera
from components.shared.sog.attributes import quantize_means
from components.shared.sog.textures import texture_size
from components.shared.splats import Splats
from components.shared.training_cameras import CAMERAS_FILE


@dataclass(frozen=True, slots=True)
class Prepared:
    """sensitivity: None where no view is known; then all Gaussians count by their own size and opacity.

    With views the Gaussians are sorted along a curve. distinct: the rows of f_rest; with views only if they
    fit in a palette.
    """

    splats: Splats
    sensitivity: Sensitivity | None
    distinct: DistinctRows | None
    left_out: LeftOut
    limited: int


def prepare(
    splats: Splats, cameras: Sequence[Camera], settings: CompressSettings, on_progress: OnProgress
) -> Prepared:
    """Raises: InputError: no Gaussian can be shown or is seen, or there are more than the format holds."""
    selected = drop_unusable(splats)
    texture_size(len(selected.splats))  # raises before any further work if there are too many
    usable, distinct = _usable_and_rows(selected.splats, settings, sort=bool(cameras))
    sensitivity = None
    if cameras:
        sensitivity = _sensitivity(usable, distinct, cameras, settings, on_progress)
    elif distinct and not distinct.are_shared:
        load_torch_in_background()
    return Prepared(usable, sensitivity, distinct, selected.left_out, selected.limited)


def _usable_and_rows(
    splats: Splats, settings: CompressSettings, *, sort: bool
) -> tuple[Splats, DistinctRows | None]:
    """Gaussians in canonical form, sorted along a curve or not, and the rows of f_rest as in `Prepared`."""
    with ThreadPoolExecutor(1) as pool:  # equal rows are found mostly on one core
        most = settings.max_palette_entries if sort else None
        finding = pool.submit(find_distinct_rows, splats.shN, settings.seed, most)
        usable = in_canonical_form(splats)
        if not sort:
            return usable, finding.result()
        order = hilbert_order(quantize_means(usable.means)[0])
        usable, found = usable.select(order), finding.result()
    return usable, found and found.select(order)


def _sensitivity(
    usable: Splats,
    distinct: DistinctRows | None,
    cameras: Sequence[Camera],
    settings: CompressSettings,
    on_progress: OnProgress,
) -> Sensitivity:
    directions = _needed_directions(distinct, settings)
    if directions == "covariances":
        load_torch_in_background()
    sensitivity = measure_sensitivity(
        usable,
        cameras,
        settings.seed,
        on_progress,
        directions=directions,
        rasterizer=cuda_rasterizer(settings.device, antialiased=usable.antialiased),
    )
    if not sensitivity.removal.any():
        raise InputError(
            f"none of {len(usable):,} Gaussians is seen in any of the {len(cameras):,} views",
            remedy=f"Give the {CAMERAS_FILE} of the training that this scene is of.",
        )
    return sensitivity


def _needed_directions(
    distinct: DistinctRows | None, settings: CompressSettings
) -> Literal["none", "means", "covariances"]:
    """What is asked of the directions of view, which take seconds on large scenes.

    The palette of a scene is delivered as it is. What its codebook changes is worth no correction of f_dc:
    at `web` 72 dB below all samples. A search may end with another palette.
    """
    if not (distinct and distinct.are_shared):
        return "covariances"
    return "means" if settings.size or settings.max_psnr_drop is not None else "none"


def in_canonical_form(splats: Splats) -> Splats:
    """The same Gaussians, with the rotations and scales of `canonical_form`."""
    quats, scales = canonical_form(splats.quats, splats.scales)
    return replace(splats, quats=quats.astype(np.float32), scales=scales)
