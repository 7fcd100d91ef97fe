"""Masks that lie beside photos: which belongs to which, and whether it fits."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from components.ingest.check_image import CheckedImage
from components.ingest.records import BAD_MASK, UNSUPPORTED, ImageRecord, SourceFile
from components.shared.scene import MASKS_FOLDER

_BELIEVED_FROM = 128
_SHAPE_TOLERANCE_PX = 1.0
_LEAST_BELIEVED = 0.02


def is_mask(name: str) -> bool:
    """Whether a file lies in a folder of masks."""
    return MASKS_FOLDER in _folders(name)


def match_masks(
    photos: list[SourceFile], masks: list[SourceFile]
) -> tuple[dict[str, SourceFile], list[ImageRecord]]:
    """Masks by their photo's name, and those that belong to none.

    `masks/a.jpg.png` and `masks/a.png` belong to `a.jpg`, wherever that is; sub-folders have to agree.
    """
    matched: dict[str, SourceFile] = {}
    lost = []
    for mask in masks:
        owners = [photo.name for photo in photos if _belongs(_within_masks(mask.name), photo.name)]
        if len(owners) == 1:
            matched[owners[0]] = mask
        else:
            what = "no photo is" if not owners else f"{len(owners)} photos are"
            lost.append(
                ImageRecord(name=mask.name, verdict=UNSUPPORTED, reason=f"a mask, and {what} called so")
            )
    return matched, lost


def attach_masks(checked: list[CheckedImage], masks: dict[str, SourceFile], folder: Path) -> None:
    """Write each mask as it is used into `folder`; a photo whose mask is of no use is rejected.

    `masks` are by the photos' names in the order of `checked`, before any conversion renamed one.
    """
    for index, image in enumerate(checked):
        mask = masks.get(image.source_name)
        if mask is None or not image.record.is_accepted:
            continue
        assert mask.path is not None  # pictures are always fetched
        try:
            believed = _read(mask.path, image.record)
        except (OSError, ValueError, SyntaxError) as error:
            image.record.reject(BAD_MASK, f"its mask {mask.name} cannot be used: {error}")
            continue
        image.mask_path = folder / f"{index:06d}.png"
        image.record.masked_fraction = float(1.0 - believed.mean())
        Image.fromarray(believed.astype(np.uint8) * 255).save(image.mask_path)


def _read(path: Path, record: ImageRecord) -> np.ndarray:
    """True where the photo is believed, of the photo's size."""
    with Image.open(path, formats=("PNG", "JPEG", "TIFF", "BMP")) as image:
        gray = image.convert("L")
    height = gray.height * record.width / gray.width
    if abs(height - record.height) > _SHAPE_TOLERANCE_PX * max(1.0, record.width / gray.width):
        raise ValueError(
            f"it has {gray.width} x {gray.height} pixels, and the photo has {record.width} x {record.height} "
            "as it is stored"
        )
    if gray.size != (record.width, record.height):
        gray = gray.resize((record.width, record.height), Image.Resampling.NEAREST)
    believed: np.ndarray = np.asarray(gray) >= _BELIEVED_FROM
    if believed.mean() < _LEAST_BELIEVED:
        raise ValueError("it leaves nothing of the photo; black is what shall be ignored")
    return believed


def _folders(name: str) -> list[str]:
    return [part.lower() for part in PurePosixPath(name).parts[:-1]]


def _within_masks(name: str) -> PurePosixPath:
    """The path within the folder of masks."""
    parts = PurePosixPath(name).parts
    return PurePosixPath(*parts[_folders(name).index(MASKS_FOLDER) + 1 :])


def _belongs(mask: PurePosixPath, photo: str) -> bool:
    path = PurePosixPath(photo)
    names = (path, path.with_suffix(""))
    return any(f"/{name}".endswith(f"/{mask.with_suffix('')}") for name in names)
