"""Table of all photos of the capture with their verdicts, problems first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from components.evaluate.look_at import quarter_turns
from components.evaluate.report.images import thumbnail_uri
from components.shared.contracts.scene import SceneImage
from components.shared.scene import IMAGES_FOLDER, Scene

_MAX_THUMBNAILS = 240


class PhotoState(StrEnum):
    """Role of a photo in the run; also the CSS class of its row."""

    REJECTED = "rejected"
    """By `ingest`."""
    UNREGISTERED = "unregistered"
    """Without a pose."""
    HELD_OUT = "held-out"
    TRAINED = "trained"


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoRow:
    """One photo; `verdict` and `reason` are those of the stage that decided on it."""

    name: str
    state: PhotoState
    verdict: str
    reason: str
    points: int | None = None
    reprojection_error_px: float | None = None
    thumbnail: str | None = None
    """Data URI."""


def photo_rows(scene: Scene, held_out: Collection[str]) -> list[PhotoRow]:
    """Rejected photos, then unregistered ones, then the others by name; one row for each 360° photo."""
    rejected = [
        PhotoRow(name=photo.name, state=PhotoState.REJECTED, verdict=photo.verdict, reason=photo.reason)
        for photo in scene.info.capture.rejected
    ]
    with_thumbnail = thumbnail_names(scene.info.images)
    turns = {view.name: quarter_turns(view.camera) for view in scene.views}
    rows = []
    for images in _in_order(scene.info.images):
        name = images[0].shown_name
        row = _row(images, _state(images[0], held_out))
        rows.append(
            replace(row, thumbnail=_thumbnail(scene, name, turns) if name in with_thumbnail else None)
        )
    return rejected + rows


def thumbnail_names(images: Sequence[SceneImage]) -> set[str]:
    """Pictures with a thumbnail in the table: of all photos, or of many photos some at even distances."""
    photos = _in_order(images)
    every = max(1, -(-len(photos) // _MAX_THUMBNAILS))
    return {views[0].shown_name for views in photos[::every]}


def _in_order(images: Sequence[SceneImage]) -> list[list[SceneImage]]:
    """Photos, each with its views: unregistered ones first, then by name."""
    photos: dict[tuple[bool, str], list[SceneImage]] = defaultdict(list)
    for image in sorted(images, key=lambda image: image.name):
        photos[image.registered, image.frame or image.name].append(image)
    return [photos[key] for key in sorted(photos)]


def _row(images: Sequence[SceneImage], state: PhotoState) -> PhotoRow:
    """The row of a photo, which may have several views."""
    first, points = images[0], [image.points for image in images if image.points is not None]
    errors = [
        (image.reprojection_error_px, image.points)
        for image in images
        if image.reprojection_error_px is not None and image.points
    ]
    observations = sum(count for _, count in errors)
    return PhotoRow(
        name=first.frame or first.name,
        state=state,
        verdict=first.verdict,
        reason=first.reason,
        points=sum(points) if points else None,
        reprojection_error_px=sum(error * count for error, count in errors) / observations
        if errors
        else None,
    )


def _state(image: SceneImage, held_out: Collection[str]) -> PhotoState:
    if not image.registered:
        return PhotoState.UNREGISTERED
    return PhotoState.HELD_OUT if image.shown_name in held_out else PhotoState.TRAINED


def _thumbnail(scene: Scene, name: str, turns: Mapping[str, int]) -> str | None:
    path = scene.root / IMAGES_FOLDER / name
    return thumbnail_uri(path, turns.get(name, 0)) if path.is_file() else None
