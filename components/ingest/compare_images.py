"""Verdicts that need other photos: duplicates, and photos much less sharp than the rest."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from components.ingest.check_image import CheckedImage
from components.ingest.settings import IngestSettings
from components.shared.contracts.capture import ImageVerdict

_MIN_TO_COMPARE = 8


def reject_duplicates(images: list[CheckedImage]) -> None:
    """Reject accepted photos whose file is the same as that of an earlier one."""
    first: dict[str, str] = {}
    for image in images:
        if image.info.is_accepted:
            name = first.setdefault(image.source_sha256, image.info.name)
            if name != image.info.name:
                image.reject(ImageVerdict.DUPLICATE, f"the same file as {name}")


def reject_blurred(accepted: list[CheckedImage], settings: IngestSettings) -> None:
    """Reject photos far less sharp than the median of their camera group of 8 photos or more.

    Photos of a plain wall or with a shallow depth of field reach a quarter of the median. A tenth is camera
    shake or a missed focus, and training would reproduce the blur.
    """
    cameras = defaultdict(list)
    for image in accepted:
        cameras[image.info.camera_group].append(image)
    for images in cameras.values():
        if len(images) >= _MIN_TO_COMPARE:
            _reject_below(images, settings.min_sharpness)


def _reject_below(images: list[CheckedImage], fraction: float) -> None:
    typical = median(image.info.sharpness or 0.0 for image in images)
    for image in images:
        sharpness = image.info.sharpness or 0.0
        if sharpness < fraction * typical:
            image.update(camera_group=None)
            image.reject(
                ImageVerdict.BLURRED,
                f"its sharpness is {sharpness / typical:.1%} of the median of this camera's photos; "
                f"the limit is {fraction:.0%}",
            )
