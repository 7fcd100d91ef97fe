"""All photos, several at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pillow_heif
from PIL import Image

from components.ingest.check_image import CheckedImage, check_image
from components.ingest.choose_photos import distinct_name
from components.ingest.memory_budget import MemoryBudget
from components.ingest.records import SourceFile
from components.ingest.settings import IngestSettings
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress
from components.shared.resources import available_cpus

_PIXELS_IN_MEMORY = 200_000_000
"""About 1 GB: a decoded picture takes three bytes a pixel, and a copy now and then."""


def check_images(
    photos: list[SourceFile], scratch: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[CheckedImage]:
    """Judge each photo by itself, in the order given. Pillow decodes outside of Python's lock."""
    memory = MemoryBudget(_PIXELS_IN_MEMORY)
    Image.init()  # once, before several threads would
    pillow_heif.register_heif_opener()
    checked: dict[int, CheckedImage] = {}
    with _no_size_limit():
        for (index, _), image in completed(
            lambda item: check_image(item[1], scratch / f"{item[0]:06d}.jpg", settings, memory),
            enumerate(photos),
            threads=available_cpus(),
            name="check-image",
        ):
            checked[index] = image
            note = f"{len(checked)} of {len(photos)} photos"
            on_progress(Progress("check", len(checked) / len(photos), note))
    return _named_apart(photos, [checked[index] for index in range(len(photos))])


def _named_apart(photos: list[SourceFile], checked: list[CheckedImage]) -> list[CheckedImage]:
    """Conversion appends `.jpg`, and a photo may be called so already."""
    taken = {photo.name for photo in photos}
    for photo, image in zip(photos, checked, strict=True):
        if image.record.name != photo.name:
            image.record.name = distinct_name(image.record.name, taken)
    return checked


@contextmanager
def _no_size_limit() -> Iterator[None]:
    """Pillow's own limit is below what today's cameras make; ours is checked before decoding."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
