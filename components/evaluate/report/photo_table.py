"""Every photo of the capture and what became of it, the problems first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from components.evaluate.look_at import quarter_turns
from components.evaluate.report.pictures import thumbnail_uri
from components.shared.scene import IMAGES_FOLDER, Scene

_MAX_THUMBNAILS = 240


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """`state` is refused, unplaced, held-out or used; `verdict` and `reason` are the stage's own words."""

    name: str
    state: str
    verdict: str
    reason: str
    points: int | None
    reprojection_error_px: float | None
    thumbnail: str | None


def photo_rows(scene: Scene, held_out: Collection[str]) -> list[PhotoRow]:
    """Refused photos, then those without a place, then the others by name."""
    refused = [
        PhotoRow(photo["name"], "refused", photo["verdict"], photo.get("reason") or "", None, None, None)
        for photo in scene.info["capture"]["rejected"]
    ]
    images = sorted(scene.info["images"], key=lambda image: (image["registered"], image["name"]))
    every = max(1, -(-len(images) // _MAX_THUMBNAILS))
    turns = {view.name: quarter_turns(view.camera) for view in scene.views}
    return refused + [
        PhotoRow(
            name=image["name"],
            state=_state(image["name"], image["registered"], held_out),
            verdict=image["verdict"],
            reason=image["reason"] or "",
            points=image["points"],
            reprojection_error_px=image["reprojection_error_px"],
            thumbnail=_thumbnail(scene, image["name"], turns) if index % every == 0 else None,
        )
        for index, image in enumerate(images)
    ]


def _state(name: str, registered: bool, held_out: Collection[str]) -> str:
    if not registered:
        return "unplaced"
    return "held-out" if name in held_out else "used"


def _thumbnail(scene: Scene, name: str, turns: dict[str, int]) -> str | None:
    path = scene.root / IMAGES_FOLDER / name
    return thumbnail_uri(path, turns.get(name, 0)) if path.is_file() else None
