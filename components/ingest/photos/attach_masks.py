"""Check the masks of photos, and write them in the photos' size."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from components.ingest.photos.check_image import CheckedImage
from components.ingest.photos.decoder_errors import DECODER_ERRORS, is_from_storage
from components.ingest.photos.normalize_image import open_photo
from components.ingest.photos.orientation import as_stored, swaps_sides
from components.ingest.photos.preview import make_preview
from components.ingest.source.match_masks import is_shared_mask
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import CaptureImage, ImageVerdict

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "HEIF", "AVIF", "GIF")
_MIN_USED_LUMINANCE = 128
_SHAPE_TOLERANCE_PX = 1.0
_MIN_USED_FRACTION = 0.02
_MAX_PIXELS = 250_000_000


class _NotMeantError(ValueError):
    """A mask for all photos cannot be meant for this one."""


def attach_masks(checked: list[CheckedImage], masks: dict[str, SourceFile], folder: Path) -> list[str]:
    """Write the mask of each accepted photo to `folder`; reject a photo whose mask cannot be used.

    A photo that has a mask already, of its transparency, gets the darker of both. A mask for all photos is
    used for those of its shape.

    masks: by the name of the photo in the source. Returns notes for the photographer.
    """
    turned = 0
    shared: dict[str, _SharedUse] = defaultdict(_SharedUse)
    for index, image in enumerate(checked):
        mask = masks.get(image.source.name)
        if mask is None or not image.info.is_accepted:
            continue
        assert mask.path is not None, "images are always fetched"
        is_shared = is_shared_mask(mask.name)
        try:
            used, is_turned = _read(mask.path, image.info, is_shared=is_shared)
            if image.mask_path is not None:
                used &= _own(image.mask_path)
            _check_used(used)
        except DECODER_ERRORS as error:
            if is_from_storage(error) or isinstance(error, MemoryError):  # sizes are checked before decoding
                raise
            if isinstance(error, _NotMeantError):
                shared[mask.name].without.append(f"{image.info.name}: {error}")
            else:
                image.reject(ImageVerdict.BAD_MASK, f"its mask {mask.name} cannot be used: {error}")
            continue
        turned += is_turned
        shared[mask.name].count += is_shared
        image.mask_path = folder / f"{index:06d}.png"
        image.update(masked_fraction=float(1.0 - used.mean()))
        Image.fromarray(used.astype(np.uint8) * 255).save(image.mask_path)
    return _notes(turned, shared)


@dataclass(slots=True)
class _SharedUse:
    """Use of a mask for all photos: number of photos with it, and why others are without."""

    count: int = 0
    without: list[str] = field(default_factory=list)


def _notes(turned: int, shared: dict[str, _SharedUse]) -> list[str]:
    notes = [f"{name} was used for {_photos(use.count)}." for name, use in shared.items() if use.count]
    notes += [
        f"{name} was not used for {_photos(len(use.without))}: {use.without[0]}."
        for name, use in shared.items()
        if use.without
    ]
    if turned:
        were = "mask was" if turned == 1 else "masks were"
        notes.append(f"{turned} {were} drawn upright, and turned to how the camera stored the photo.")
    return notes


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"


def _read(path: Path, photo: CaptureImage, *, is_shared: bool) -> tuple[np.ndarray, bool]:
    """Mask [H, W] of the photo's size, True where the photo is used, and whether it had to be turned."""
    with open_photo(path, _FORMATS) as image:
        if image.width * image.height > _MAX_PIXELS:
            raise ValueError(f"it has {image.width} x {image.height} pixels; give it in the photo's size")
        values = _values(image)
    if is_shared and not make_preview(values.astype(np.float32)).is_two_valued:
        raise _NotMeantError("it is not black and white; if it is a photo, give it another name")
    used = Image.fromarray(_used(values))
    is_turned = False
    if not _fits(used.size, photo) and swaps_sides(photo.orientation):
        is_turned = _fits(used.size[::-1], photo)
        used = as_stored(used, photo.orientation) if is_turned else used
    if not _fits(used.size, photo):
        problem = (
            f"it has {used.width} x {used.height} pixels, and the photo has {photo.width} x {photo.height} "
            "as stored"
        )
        raise _NotMeantError(problem) if is_shared else ValueError(problem)
    if used.size != (photo.width, photo.height):
        used = used.resize((photo.width, photo.height), Image.Resampling.NEAREST)
    return np.array(used), is_turned


def _fits(size: tuple[int, int], photo: CaptureImage) -> bool:
    """Whether a mask of this width and height has the photo's shape."""
    width, height = size
    difference = abs(height * photo.width / width - photo.height)
    return difference <= _SHAPE_TOLERANCE_PX * max(1.0, photo.width / width)


def _used(values: np.ndarray) -> np.ndarray:
    """Pixels [H, W] that the mask leaves: white, opaque, or the one value beside 0, such as 1."""
    levels = np.unique(values)
    if len(levels[levels > 0]) == 1:
        return np.asarray(values > 0)
    return np.asarray(values >= _MIN_USED_LUMINANCE)


def _values(image: Image.Image) -> np.ndarray:
    """Brightness [H, W], 0 to 255; opacity where pixels are transparent."""
    if "A" in image.getbands() or "transparency" in image.info:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
        if alpha.min() < 255:
            return alpha
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image).astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("it has values that are no numbers")
        largest = values.max()
        return values * (255.0 if largest <= 1.0 else 1.0 if largest <= 255.0 else 255.0 / 65535.0)
    return np.asarray(image.convert("RGB").convert("L"))


def _own(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("L")) > 0


def _check_used(used: np.ndarray) -> None:
    fraction = used.mean()
    if fraction < _MIN_USED_FRACTION:
        raise ValueError(
            f"it excludes {1 - fraction:.1%} of the photo; black is excluded and white is used, so it may "
            "need to be inverted"
        )
