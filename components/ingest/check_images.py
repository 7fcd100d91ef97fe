"""All photos, several at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import pillow_heif
from PIL import Image

from components.ingest.check_image import CheckedImage, check_image
from components.ingest.choose_photos import distinct_name
from components.ingest.memory_budget import MemoryBudget
from components.ingest.records import SourceFile
from components.ingest.settings import IngestSettings
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
    pool = ThreadPoolExecutor(available_cpus(), "check-image")
    try:
        with _own_size_limit():
            futures = [
                pool.submit(check_image, photo, scratch / f"{index:06d}.jpg", settings, memory)
                for index, photo in enumerate(photos)
            ]
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                on_progress(Progress("check", done / len(photos), f"{done} of {len(photos)} photos"))
            return _named_apart(photos, [future.result() for future in futures])
    finally:
        pool.shutdown(cancel_futures=True)


def _named_apart(photos: list[SourceFile], checked: list[CheckedImage]) -> list[CheckedImage]:
    """Conversion appends `.jpg`, and a photo may be called so already."""
    taken = {photo.name for photo in photos}
    for photo, image in zip(photos, checked, strict=True):
        if image.record.name != photo.name:
            image.record.name = distinct_name(image.record.name, taken)
    return checked


@contextmanager
def _own_size_limit() -> Iterator[None]:
    """Pillow's own limit is below what today's cameras make; ours is checked before decoding."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
