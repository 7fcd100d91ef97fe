"""Match masks to photos by name, check them, and write them in the photos' size."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from components.ingest.check_image import CheckedImage
from components.ingest.source_file import SourceFile
from components.shared.contracts.capture import CaptureImage, ImageVerdict
from components.shared.errors import says_nothing_of_data
from components.shared.scene import MASKS_FOLDER

_MIN_USED_LUMINANCE = 128
_SHAPE_TOLERANCE_PX = 1.0
_MIN_USED_FRACTION = 0.02


def is_mask(name: str) -> bool:
    """Whether a file lies in a folder of masks."""
    return MASKS_FOLDER in _folders(name)


def match_masks(
    photos: list[SourceFile], masks: list[SourceFile]
) -> tuple[dict[str, SourceFile], list[CaptureImage]]:
    """Masks by the name of their photo, and entries for the masks that match no photo or several.

    `masks/a.jpg.png` and `masks/a.png` match `a.jpg`, wherever that is; sub-folders have to agree.
    """
    matched: dict[str, SourceFile] = {}
    unmatched = []
    for mask in masks:
        names = [photo.name for photo in photos if _matches(_within_masks(mask.name), photo.name)]
        if len(names) == 1:
            matched[names[0]] = mask
        else:
            reason = f"a mask with the name of {len(names) or 'no'} photo{'s' if names else ''}"
            unmatched.append(CaptureImage(name=mask.name, verdict=ImageVerdict.UNSUPPORTED, reason=reason))
    return matched, unmatched


def attach_masks(checked: list[CheckedImage], masks: dict[str, SourceFile], folder: Path) -> None:
    """Write the mask of each accepted photo to `folder`; reject a photo whose mask cannot be used.

    masks: by the name of the photo in the source.
    """
    for index, image in enumerate(checked):
        mask = masks.get(image.source.name)
        if mask is None or not image.info.is_accepted:
            continue
        assert mask.path is not None, "images are always fetched"
        try:
            used = _read(mask.path, image.info)
        except Exception as error:  # decoders of damaged data raise whatever they come across
            if says_nothing_of_data(error):
                raise
            image.reject(ImageVerdict.BAD_MASK, f"its mask {mask.name} cannot be used: {error}")
            continue
        image.mask_path = folder / f"{index:06d}.png"
        image.update(masked_fraction=float(1.0 - used.mean()))
        Image.fromarray(used.astype(np.uint8) * 255).save(image.mask_path)


def _read(path: Path, photo: CaptureImage) -> np.ndarray:
    """Mask [H, W] of the photo's size, True where the photo is used."""
    with Image.open(path, formats=("PNG", "JPEG", "TIFF", "BMP")) as image:
        gray = image.convert("L")
    height = gray.height * photo.width / gray.width
    if abs(height - photo.height) > _SHAPE_TOLERANCE_PX * max(1.0, photo.width / gray.width):
        raise ValueError(
            f"it has {gray.width} x {gray.height} pixels, and the photo has {photo.width} x {photo.height} "
            "as stored"
        )
    if gray.size != (photo.width, photo.height):
        gray = gray.resize((photo.width, photo.height), Image.Resampling.NEAREST)
    used: np.ndarray = np.asarray(gray) >= _MIN_USED_LUMINANCE
    if used.mean() < _MIN_USED_FRACTION:
        raise ValueError("it leaves nothing of the photo; black is what is ignored")
    return used


def _folders(name: str) -> list[str]:
    return [part.lower() for part in PurePosixPath(name).parts[:-1]]


def _within_masks(name: str) -> PurePosixPath:
    """Path relative to the folder of masks."""
    parts = PurePosixPath(name).parts
    return PurePosixPath(*parts[_folders(name).index(MASKS_FOLDER) + 1 :])


def _matches(mask: PurePosixPath, photo: str) -> bool:
    path = PurePosixPath(photo)
    names = (path, path.with_suffix(""))
    return any(f"/{name}".endswith(f"/{mask.with_suffix('')}") for name in names)
