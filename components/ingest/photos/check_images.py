"""Check all photos, several at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pillow_heif
from PIL import Image

from components.ingest.photos.capture_levels import capture_levels
from components.ingest.photos.check_image import CheckedImage, check_image
from components.ingest.photos.memory_budget import MemoryBudget
from components.ingest.photos.normalize_image import Rules
from components.ingest.settings import IngestSettings
from components.ingest.source.safe_names import DistinctNames
from components.ingest.source.source_file import SourceFile
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress
from components.shared.resources import available_cpus

_MAX_BYTES = 1_000_000_000


def check_images(
    photos: list[SourceFile],
    scratch: Path,
    settings: IngestSettings,
    on_progress: OnProgress,
    *,
    keep_alpha: bool = False,
) -> list[CheckedImage]:
    """Check each photo by itself, in threads: Pillow decodes without the GIL. Results keep the order.

    keep_alpha: transparency stays, for captures with poses; else it becomes a mask.
    """
    memory = MemoryBudget(_MAX_BYTES)
    Image.init()  # loads Pillow's plug-ins once, before several threads would
    pillow_heif.register_heif_opener()
    checked: dict[int, CheckedImage] = {}
    with _no_size_limit(), _no_warnings():
        rules = Rules(capture_levels(photos, settings, memory), keep_alpha)
        for (index, _), image in completed(
            lambda item: check_image(item[1], scratch / f"{item[0]:06d}", settings, memory, rules),
            enumerate(photos),
            threads=available_cpus(),
            name="check-image",
        ):
            checked[index] = image
            note = f"{len(checked)} of {len(photos)} photos"
            on_progress(Progress("check", len(checked) / len(photos), note))
    images = [checked[index] for index in range(len(photos))]
    _make_names_distinct(images)
    return images


def _make_names_distinct(images: list[CheckedImage]) -> None:
    """A suffix may be appended to a name, and another photo may have that name."""
    taken = DistinctNames()
    for image in images:
        taken.add(image.source.name)
    for image in images:
        if image.info.name != image.source.name:
            image.update(name=taken.add(image.info.name))


@contextmanager
def _no_size_limit() -> Iterator[None]:
    """Pillow's own limit is below what today's cameras make; ours is checked before decoding."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Pillow warns of damaged metadata on stderr; `exif_error` of the photo says it instead.

    Filters are those of the process, so they are set here, around all threads.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield
