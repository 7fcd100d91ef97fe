"""Mark the photos that fisheye lenses took, and mask what is outside of a circular one's picture."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from components.ingest.compare.group_cameras import camera_key
from components.ingest.photos.check_image import CheckedImage
from components.ingest.photos.encode_photo import write_png
from components.ingest.photos.recognize_panorama import Circle
from components.shared.contracts.capture import LensKind

_NAME = re.compile(r"fish-?\s?eye", re.IGNORECASE)
_EDGE_RADIANS = math.pi / 2
"""From the axis to the edge of a circle, or to the corner of a full frame: nearly all lenses show 180°."""
_USED_RADIUS = 0.93
"""Fraction of a circle's radius: its edge is dark, and camera models end at 90° from the axis."""


def mark_fisheyes(checked: list[CheckedImage], folder: Path) -> list[str]:
    """Set lens, focal length and circle of photos by fisheyes; masks go to `folder`. Returns notes.

    A circle is that of most photos of a camera, whose other photos get it too: in a dark one it cannot be
    seen. Lenses that fill the frame are told by their name in EXIF.
    """
    cameras: dict[tuple[object, ...], list[CheckedImage]] = defaultdict(list)
    for image in checked:
        if image.info.is_accepted and image.sphere is None:
            cameras[camera_key(image)].append(image)
    masks = (folder / f"{number:06d}.png" for number in count())
    for images in cameras.values():
        circles = [image.circle for image in images if image.circle]
        if circles:
            has_circle = [image for image in images if image.circle or 2 * len(circles) >= len(images)]
            _mark_circular(has_circle, _typical(circles), masks)
        for image in images:
            if image.circle is None and _NAME.search(image.lens_model):
                _mark_full_frame(image)
    fisheyes = sum(image.lens == LensKind.FISHEYE for image in checked)
    were = "photo was" if fisheyes == 1 else "photos were"
    note = f"{fisheyes} {were} taken with a fisheye lens, and will be shown in flat views."
    return [note] if fisheyes else []


def _typical(circles: list[Circle]) -> Circle:
    return Circle(
        median(circle.x for circle in circles),
        median(circle.y for circle in circles),
        median(circle.radius for circle in circles),
    )


def _mark_circular(images: list[CheckedImage], circle: Circle, masks: Iterator[Path]) -> None:
    width, height = images[0].info.width, images[0].info.height
    rows, columns = np.ogrid[0.5:height, 0.5:width]
    inside = np.hypot(columns - circle.x, rows - circle.y) < _USED_RADIUS * circle.radius
    mask = Image.fromarray(inside.astype(np.uint8) * 255)
    for image in images:
        image.lens, image.circle = LensKind.FISHEYE, circle
        image.mask_path = next(masks)
        write_png(mask, image.mask_path)
        image.update(
            focal_length_px=circle.radius / _EDGE_RADIANS, masked_fraction=float(1.0 - inside.mean())
        )


def _mark_full_frame(image: CheckedImage) -> None:
    image.lens = LensKind.FISHEYE
    corner_px = math.hypot(image.info.width, image.info.height) / 2
    image.update(focal_length_px=image.info.focal_length_px or corner_px / _EDGE_RADIANS)
