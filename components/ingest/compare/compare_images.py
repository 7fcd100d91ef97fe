"""Verdicts on what photos show: nothing, the same shot as another, or much less detail than the rest."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from statistics import median

import numpy as np
from PIL import Image

from components.ingest.compare.find_crops import find_crops, has_border
from components.ingest.compare.find_twins import find_twins
from components.ingest.compare.group_cameras import camera_key
from components.ingest.photos.check_image import CheckedImage
from components.ingest.photos.orientation import upright
from components.ingest.photos.preview import Preview
from components.ingest.settings import IngestSettings
from components.ingest.source.match_masks import PATTERN
from components.shared.contracts.capture import ImageVerdict

_MIN_TO_COMPARE = 8


def reject_blank(accepted: list[CheckedImage]) -> None:
    """Reject photos of one flat colour: the lens was covered, or the exposure failed."""
    for image in accepted:
        if _preview(image).is_blank:
            image.reject(ImageVerdict.BLANK, "it is one flat colour: nothing can be seen in it")


def reject_masks(accepted: list[CheckedImage]) -> None:
    """Reject pictures of two values that are called like another: masks under names that are none of masks.

    They are not used as masks, because some tools mark what to keep and others what to ignore.
    """
    stems = [_file_stem(image) for image in accepted if not _preview(image).is_two_valued]
    for image in accepted:
        name = _file_stem(image)
        if _preview(image).is_two_valued and ("mask" in name or any(stem in name for stem in stems)):
            image.reject(ImageVerdict.UNSUPPORTED, f"it is black and white alone, as masks are; {PATTERN}")


def reject_duplicates(accepted: list[CheckedImage]) -> None:
    """Of the photos of one shot keep one: with a mask, else the largest, then unconverted, then with EXIF.

    Photos that the capture holds out of training are all kept, and their copies are not. Where training
    chooses what to hold out, no photo has a copy.
    """
    files = {(_name_pattern(image), image.source_sha256) for image in accepted}
    patterns = Counter(pattern for pattern, _ in files)
    images = sorted(accepted, key=lambda image: _preference(image, patterns))
    held_out = sum(_is_held_out(image) for image in images)
    for copy, kept in find_twins([_preview(image) for image in images], always_kept=held_out).items():
        images[copy].reject(ImageVerdict.DUPLICATE, _why(images[copy], images[kept]))
    _reject_crops([image for image in images if image.info.is_accepted])


def _reject_crops(images: list[CheckedImage]) -> None:
    """Reject parts of photos, and of pictures that show a photo with something around it the whole.

    Those are collages, the only ones of their size where other photos have that of the part, and photos with
    a caption in a frame. Photos that the capture holds out of training stay.
    """
    sizes = Counter(map(_size, images))
    for part, whole in _crops(images):
        _reject_one(part, whole, keep_part=sizes[_size(whole)] == 1 < sizes[_size(part)])
    rest = [image for image in images if image.info.is_accepted]
    framed = [image for image in rest if has_border(_preview(image).pixels)]
    others = [image for image in rest if not has_border(_preview(image).pixels)]
    for part, whole in _crops([*framed, *others]) if framed else ():
        if has_border(_preview(whole).pixels):
            _reject_one(part, whole, keep_part=True)


def _crops(images: list[CheckedImage]) -> Iterator[tuple[CheckedImage, CheckedImage]]:
    """Each photo that is a part of one before it, and that one, unless it was rejected meanwhile."""
    previews = [_upright_preview(image) for image in images]
    for part, whole in find_crops(previews, [_size(image) for image in images]).items():
        if images[whole].info.is_accepted:
            yield images[part], images[whole]


def _reject_one(part: CheckedImage, whole: CheckedImage, *, keep_part: bool) -> None:
    if (keep_part or _is_held_out(part)) and not _is_held_out(whole):
        reason = f"it shows {part.info.name} with something around it, or uncropped"
        whole.reject(ImageVerdict.DUPLICATE, reason)
    elif not _is_held_out(part):
        reason = f"a part of the same shot as {whole.info.name}, cropped or with a border"
        part.reject(ImageVerdict.DUPLICATE, reason)


def _size(image: CheckedImage) -> tuple[int, int]:
    return image.info.width, image.info.height


def _name_pattern(image: CheckedImage) -> str:
    """The name without its numbers: that of most photos of a camera is the same."""
    return re.sub(r"\d+", "#", image.info.name)


def _file_stem(image: CheckedImage) -> str:
    return PurePosixPath(image.source.original_name or image.source.name).stem.casefold()


def _upright_preview(image: CheckedImage) -> np.ndarray:
    """The preview as EXIF says that it is seen."""
    return np.asarray(upright(Image.fromarray(_preview(image).pixels), image.info.orientation))


def _preference(image: CheckedImage, patterns: Mapping[str, int]) -> tuple[object, ...]:
    """Sorts photos, the best first. Edits have names unlike those of most photos (`patterns`: how many files
    of different content have one), copies longer ones: `a (1).jpg`, `small/a.jpg`.
    """
    info = image.info
    return (
        not _is_held_out(image),
        has_border(_preview(image).pixels),
        image.mask_path is None,
        -info.width * info.height,
        _is_converted(image),
        not _has_exif(image),
        -patterns[_name_pattern(image)],
        len(info.name),
        info.name,
    )


def _why(copy: CheckedImage, kept: CheckedImage) -> str:
    if copy.source_sha256 == kept.source_sha256:
        same = f"the same file as {kept.info.name}"
    else:
        same = f"the same shot as {kept.info.name}"
    if _is_held_out(kept):
        return f"{same}, which is held out of training"
    if kept.mask_path is not None and copy.mask_path is None:
        return f"{same}, which has a mask"
    size, kept_size = ((image.info.width, image.info.height) for image in (copy, kept))
    if math.prod(size) < math.prod(kept_size):
        return f"{same}, in {size[0]} x {size[1]} instead of {kept_size[0]} x {kept_size[1]}"
    if _is_converted(copy) and not _is_converted(kept):
        return f"{same}, which needed no conversion"
    if _has_exif(kept) and not _has_exif(copy):
        return f"{same}, which has EXIF data"
    return same


def _preview(image: CheckedImage) -> Preview:
    assert image.preview is not None, "accepted photos were measured"
    return image.preview


def _is_held_out(image: CheckedImage) -> bool:
    return image.info.pose is not None and image.info.pose.held_out


def _is_converted(image: CheckedImage) -> bool:
    return bool(image.info.changes)


def _has_exif(image: CheckedImage) -> bool:
    info = image.info
    return any((info.make, info.model, info.focal_length_mm, info.captured_at, info.gps))


def reject_blurred(accepted: list[CheckedImage], settings: IngestSettings) -> None:
    """Reject photos far less sharp than the median of their camera's photos, of 8 or more.

    Photos of a plain wall or with a shallow depth of field reach a quarter of the median. A tenth is camera
    shake or a missed focus, and training would reproduce the blur.
    """
    cameras = defaultdict(list)
    for image in accepted:
        cameras[camera_key(image)].append(image)
    for images in cameras.values():
        if len(images) >= _MIN_TO_COMPARE:
            _reject_below(images, settings.min_sharpness)


def _reject_below(images: list[CheckedImage], fraction: float) -> None:
    typical = median(image.info.sharpness or 0.0 for image in images)
    for image in images:
        sharpness = image.info.sharpness or 0.0
        if sharpness < fraction * typical:
            image.reject(
                ImageVerdict.BLURRED,
                f"its sharpness is {sharpness / typical:.1%} of the median of this camera's photos; "
                f"the limit is {fraction:.0%}",
            )
