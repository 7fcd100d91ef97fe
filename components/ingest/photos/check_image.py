"""Check one photo: decode it in full, make it an ordinary JPEG or PNG, measure it, and give it a verdict."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from components.ingest.metadata.drop_metadata import drop_metadata
from components.ingest.metadata.read_exif import read_exif
from components.ingest.metadata.read_xmp import read_xmp
from components.ingest.photos.decoder_errors import RejectedError, decoding
from components.ingest.photos.fill_transparent import MIN_VISIBLE
from components.ingest.photos.measure_sharpness import measure_sharpness
from components.ingest.photos.memory_budget import MemoryBudget
from components.ingest.photos.missing_rows import missing_rows
from components.ingest.photos.normalize_image import (
    NormalizedImage,
    Rules,
    convert_image,
    keep_image,
    memory_bytes,
    needs_nothing,
    open_photo,
)
from components.ingest.photos.preview import Preview, make_preview
from components.ingest.photos.recognize_panorama import (
    Circle,
    Projection,
    image_circle,
    seen_projection,
    stated_projection,
)
from components.ingest.photos.sphere import Sphere, sphere_of
from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import CaptureImage, ImageVerdict, LensKind

_MAYBE_METADATA = (ImageVerdict.CORRUPT, ImageVerdict.TRUNCATED)
"""Verdicts whose reason may be damaged metadata around whole pixels."""


@dataclass(slots=True)
class CheckedImage:
    """A photo of the source with its entry of `capture.json`."""

    source: SourceFile
    info: CaptureImage
    path: Path
    """The file that the capture gets: that of the source, or what it was converted to."""
    source_sha256: str = ""
    preview: Preview | None = None
    mask_path: Path | None = None
    """PNG of the photo's size: 255 where the photo is used, 0 where it is ignored; None without a mask.

    `check_image` sets it for transparent photos of captures without poses: 255 where alpha is 128 of 255 or
    more. A mask of the user is combined with it by the darker of both.
    """
    sphere: Sphere | None = None
    """Of a 360° photo."""
    lens_model: str = ""
    """As EXIF calls the lens."""
    is_stitched: bool = False
    """As EXIF says of panoramas of phones."""
    circle: Circle | None = None
    """Of a circular fisheye."""
    lens: LensKind = LensKind.PERSPECTIVE

    def update(self, **changes: Any) -> None:
        """Set fields of `info`."""
        self.info = self.info.replace(**changes)

    def reject(self, verdict: ImageVerdict, reason: str) -> None:
        self.update(verdict=verdict, reason=reason)


def check_image(
    photo: SourceFile, stem: Path, settings: IngestSettings, memory: MemoryBudget, rules: Rules
) -> CheckedImage:
    """Check a photo by itself. What has to be converted is written beside `stem`, a path without suffix."""
    assert photo.path is not None, "photos are always fetched"
    checked = CheckedImage(
        photo,
        CaptureImage(name=photo.name, source_name=photo.original_name, changes=photo.changes),
        photo.path,
    )
    try:
        _check_file(checked)
        try:
            _check_content(checked, stem, settings, memory, rules)
        except RejectedError as rejected:
            if rejected.verdict not in _MAYBE_METADATA or not _drop_metadata(checked, stem):
                raise
            _check_content(checked, stem, settings, memory, rules)
    except RejectedError as rejected:
        checked.reject(rejected.verdict, rejected.reason)
    return checked


def _check_file(checked: CheckedImage) -> None:
    try:
        checked.source_sha256 = _sha256(checked.path)
    except (PermissionError, FileNotFoundError) as error:
        raise RejectedError(ImageVerdict.UNREADABLE, f"it cannot be opened: {error.strerror}") from error
    checked.update(sha256=checked.source_sha256, bytes=checked.path.stat().st_size)
    if checked.info.bytes == 0:
        raise RejectedError(ImageVerdict.NOT_AN_IMAGE, "the file is empty")


def _drop_metadata(checked: CheckedImage, stem: Path) -> bool:
    """Replace a photo by its pixels alone: decoders refuse some photos for damage in their metadata."""
    pixels = drop_metadata(checked.path)
    if pixels is None:
        return False
    checked.path = stem.with_suffix(".pixels")
    checked.path.write_bytes(pixels)
    checked.update(
        changes=(*checked.source.changes, "damaged metadata dropped"),
        exif_error="EXIF was left out: with it the photo cannot be opened",
    )
    return True


def _check_content(
    checked: CheckedImage, stem: Path, settings: IngestSettings, memory: MemoryBudget, rules: Rules
) -> None:
    path, name = checked.path, checked.info.name
    with decoding(path):
        image = open_photo(path)
    with image:
        _check_size(image, settings)
        checked.update(width=image.width, height=image.height)
        with decoding(path):
            kept = needs_nothing(image, path, rules)
        with memory.hold(memory_bytes(image, converted=not kept)), decoding(path):
            if kept:
                normalized = keep_image(image, path, name, stem)
            else:
                normalized = convert_image(image, path, name, stem, rules)
        _check_rows(image, path, normalized.gray)
        _record(checked, normalized)
        _measure(checked, image, normalized.gray)
        if not rules.keep_alpha:  # poses have their own camera models
            _check_projection(checked, image, normalized.gray)


def _check_size(image: Image.Image, settings: IngestSettings) -> None:
    width, height = image.size
    if width * height > settings.max_megapixels * 1e6:
        raise RejectedError(
            ImageVerdict.TOO_LARGE,
            f"{width} x {height} are {width * height / 1e6:.0f} million pixels; "
            f"the limit is {settings.max_megapixels:g}",
        )
    if min(width, height) < settings.min_side_px:
        raise RejectedError(
            ImageVerdict.TOO_SMALL,
            f"{width} x {height} pixels; the shorter side must have {settings.min_side_px} or more",
        )


def _check_rows(image: Image.Image, path: Path, gray: np.ndarray) -> None:
    if image.format not in ("JPEG", "MPO"):
        return
    with decoding(path):
        missing = missing_rows(path, gray)
    if missing:
        raise RejectedError(
            ImageVerdict.TRUNCATED,
            f"its data end early: the lower {missing:.0%} is missing, and gray; copy it again",
        )


def _check_projection(checked: CheckedImage, image: Image.Image, gray: np.ndarray) -> None:
    projection = Projection.CYLINDER if checked.is_stitched else stated_projection(image)
    if projection == Projection.FLAT and checked.mask_path is None:  # things cut out are discs on nothing
        projection = seen_projection(gray)
    if projection == Projection.FISHEYE:
        circle = image_circle(gray)
        checked.circle = circle and circle.scaled(image.width / gray.shape[1])
    if projection == Projection.SPHERE:
        checked.sphere = sphere_of(read_xmp(image), *image.size)
        projection = projection if checked.sphere else Projection.STEREO_SPHERE
    if projection.refusal:
        raise RejectedError(ImageVerdict.UNSUPPORTED, projection.refusal)


def _record(checked: CheckedImage, normalized: NormalizedImage) -> None:
    checked.update(changes=checked.info.changes + normalized.changes)
    if normalized.suffix:
        name = checked.info.name
        checked.update(name=name + normalized.suffix, source_name=checked.info.source_name or name)
    if normalized.path != checked.source.path:
        checked.path = normalized.path
        checked.update(sha256=_sha256(checked.path), bytes=checked.path.stat().st_size)
    checked.mask_path = normalized.mask_path
    if normalized.visible is not None:
        checked.update(masked_fraction=1.0 - normalized.visible)
        if normalized.visible < MIN_VISIBLE:
            reason = f"transparency hides {1.0 - normalized.visible:.1%} of it"
            raise RejectedError(ImageVerdict.BAD_MASK, reason)


def _measure(checked: CheckedImage, image: Image.Image, gray: np.ndarray) -> None:
    checked.preview = make_preview(gray)
    assert checked.source.path is not None, "photos are always fetched"
    exif = read_exif(image, checked.source.path)
    checked.lens_model, checked.is_stitched = exif.lens_model, exif.is_stitched
    checked.update(
        sharpness=measure_sharpness(gray),
        make=exif.make,
        model=exif.model,
        focal_length_mm=exif.focal_length_mm,
        focal_length_35mm=exif.focal_length_35mm,
        focal_length_px=exif.focal_length_px(image.width, image.height),
        gps=exif.gps,
        orientation=exif.orientation,
        captured_at=exif.captured_at,
        exif_error=exif.error or checked.info.exif_error,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
