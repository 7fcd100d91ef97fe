"""Table of all photos of the capture with their verdicts, problems first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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
    """Rejected photos, then unregistered ones, then the others by name."""
    rejected = [
        PhotoRow(name=photo.name, state=PhotoState.REJECTED, verdict=photo.verdict, reason=photo.reason)
        for photo in scene.info.capture.rejected
    ]
    with_thumbnail = thumbnail_names(scene.info.images)
    turns = {view.name: quarter_turns(view.camera) for view in scene.views}
    return rejected + [
        PhotoRow(
            name=image.name,
            state=_state(image.name, image.registered, held_out),
            verdict=image.verdict,
            reason=image.reason,
            points=image.points,
            reprojection_error_px=image.reprojection_error_px,
            thumbnail=_thumbnail(scene, image.name, turns) if image.name in with_thumbnail else None,
        )
        for image in _in_order(scene.info.images)
    ]


def thumbnail_names(images: Sequence[SceneImage]) -> set[str]:
    """Photos with a thumbnail in the table: all, or of many photos some at even distances."""
    every = max(1, -(-len(images) // _MAX_THUMBNAILS))
    return {image.name for image in _in_order(images)[::every]}


def _in_order(images: Sequence[SceneImage]) -> list[SceneImage]:
    """Unregistered photos first, then by name."""
    return sorted(images, key=lambda image: (image.registered, image.name))


def _state(name: str, registered: bool, held_out: Collection[str]) -> PhotoState:
    if not registered:
        return PhotoState.UNREGISTERED
    return PhotoState.HELD_OUT if name in held_out else PhotoState.TRAINED


def _thumbnail(scene: Scene, name: str, turns: Mapping[str, int]) -> str | None:
    path = scene.root / IMAGES_FOLDER / name
    return thumbnail_uri(path, turns.get(name, 0)) if path.is_file() else None
