"""What ingest says about each photo, each camera and the whole capture: the content of `capture.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ACCEPTED = "accepted"
CORRUPT = "corrupt"
TRUNCATED = "truncated"
TOO_SMALL = "too small"
TOO_LARGE = "too large"
BLURRED = "blurred"
DUPLICATE = "duplicate"
NOT_AN_IMAGE = "not an image"
UNSUPPORTED = "unsupported"
UNREADABLE = "unreadable"
BAD_MASK = "bad mask"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the source: its relative name there, with `/` between folders, and where it lies here.

    `path` is None if it was not fetched because nothing reads files of its kind.
    """

    name: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class Gps:
    """Where a photo was taken, WGS 84, in degrees; north and east are positive."""

    latitude: float
    longitude: float
    altitude_m: float | None


@dataclass(frozen=True, slots=True)
class GivenPose:
    """Where a photo was taken, as its capture says, in the world of that file.

    world_from_camera: [4][4], with OpenGL's axes: x right, y up, z backwards. focal, center: x and y, px of
    the photo as stored.
    """

    world_from_camera: list[list[float]]
    focal: tuple[float, float]
    center: tuple[float, float]
    z_is_up: bool
    """Whether the file's kind says so, as Blender's does."""
    held_out: bool
    """Not for training."""


@dataclass(kw_only=True, slots=True)
class ImageRecord:
    """One photo. Fields that could not be read stay None."""

    name: str
    sha256: str = ""
    bytes: int = 0
    width: int = 0
    """Of the pixels as stored, before any rotation that `orientation` asks for."""
    height: int = 0
    camera_group: int | None = None
    focal_length_px: float | None = None
    """For the stored size; square pixels."""
    focal_length_mm: float | None = None
    focal_length_35mm: float | None = None
    make: str = ""
    model: str = ""
    gps: Gps | None = None
    orientation: int = 1
    """EXIF's 1 to 8; recorded, not applied."""
    captured_at: str | None = None
    """ISO 8601, with the offset to UTC where the camera knew it."""
    sharpness: float | None = None
    """See `measure_sharpness`; compares within a capture."""
    masked_fraction: float | None = None
    """Part of the photo that its mask has ignored; None without one."""
    pose: GivenPose | None = None
    """Where the capture came with poses."""
    verdict: str = ACCEPTED
    reason: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.verdict == ACCEPTED

    def reject(self, verdict: str, reason: str) -> None:
        self.verdict, self.reason = verdict, reason


@dataclass(frozen=True, slots=True)
class CameraGroup:
    """Photos of one camera at one zoom: they share their intrinsics."""

    id: int
    width: int
    height: int
    make: str
    model: str
    focal_length_px: float | None


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What the capture holds. `ordered`: neighbours in the list were taken one after the other, on a walk."""

    source: str
    images: list[ImageRecord]
    camera_groups: list[CameraGroup] = field(default_factory=list)
    ordered: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"schema": 1, **asdict(self)}

    def figures(self) -> dict[str, Any]:
        """The part `capture` of `report.json`."""
        return capture_figures(self.images)

    def metrics(self) -> dict[str, float]:
        accepted = [image for image in self.images if image.is_accepted]
        return {
            "images": len(self.images),
            "images_accepted": len(accepted),
            "images_rejected": len(self.images) - len(accepted),
            "camera_groups": len(self.camera_groups),
            "images_masked": sum(image.masked_fraction is not None for image in accepted),
            "capture_bytes": sum(image.bytes for image in accepted),
        }


def capture_figures(images: list[ImageRecord]) -> dict[str, Any]:
    """How many photos there are, and which ones were turned down for what."""
    rejected = [image for image in images if not image.is_accepted]
    return {
        "images": len(images),
        "accepted": len(images) - len(rejected),
        "rejected": [
            {"name": image.name, "verdict": image.verdict, "reason": image.reason} for image in rejected
        ],
    }
