"""Verdicts that need other photos: duplicates, and photos much less sharp than the rest."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from components.ingest.check_image import CheckedImage
from components.ingest.records import BLURRED, DUPLICATE, ImageRecord
from components.ingest.settings import IngestSettings

_ENOUGH_TO_COMPARE = 8


def reject_duplicates(images: list[CheckedImage]) -> None:
    """Of files with the same content the first by name stays."""
    first: dict[str, str] = {}
    for image in images:
        if image.record.is_accepted:
            name = first.setdefault(image.source_sha256, image.record.name)
            if name != image.record.name:
                image.record.reject(DUPLICATE, f"the same file as {name}")


def reject_blurred(accepted: list[ImageRecord], settings: IngestSettings) -> None:
    """Leave out what is far less sharp than the median of the photos of the same camera.

    Photos of a plain wall or with a shallow focus reach a quarter of the median; a tenth is a moved camera
    or a missed focus, and would teach training that the scene is blurred.
    """
    cameras = defaultdict(list)
    for image in accepted:
        cameras[image.camera_group].append(image)
    for images in cameras.values():
        if len(images) >= _ENOUGH_TO_COMPARE:
            _reject_below(images, settings.min_sharpness)


def _reject_below(images: list[ImageRecord], fraction: float) -> None:
    typical = median(image.sharpness or 0.0 for image in images)
    for image in images:
        if (image.sharpness or 0.0) < fraction * typical:
            part = (image.sharpness or 0.0) / typical
            image.camera_group = None
            image.reject(
                BLURRED,
                f"its sharpness is {part:.1%} of what this camera's photos have; the limit is {fraction:.0%}",
            )
