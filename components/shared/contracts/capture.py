"""`capture.json`: each photo, each camera and the whole capture, as ingest found them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.describe_changes import describe_changes

CAPTURE_FILE = "capture.json"
POINTS_FILE = "points.ply"
"""Points with colors, in the world of the poses that came with the capture."""

Pair = tuple[float, float]
Row = tuple[float, float, float, float]
Matrix4x4 = tuple[Row, Row, Row, Row]


class ImageVerdict(StrEnum):
    """Whether a photo is used, or why it is not."""

    ACCEPTED = "accepted"
    CORRUPT = "corrupt"
    TRUNCATED = "truncated"
    TOO_SMALL = "too small"
    TOO_LARGE = "too large"
    BLANK = "blank"
    BLURRED = "blurred"
    DUPLICATE = "duplicate"
    NOT_AN_IMAGE = "not an image"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"
    BAD_MASK = "bad mask"


class Gps(Contract):
    """Position of a camera: WGS 84, degrees, north and east positive."""

    latitude: float
    longitude: float
    altitude_m: float | None
    accuracy_m: float | None = None
    """Standard deviation of the horizontal position, as the receiver states it."""
    altitude_accuracy_m: float | None = None
    """Standard deviation of the altitude, as the receiver states it."""


class MetricPosition(Contract):
    """Position of a camera in metres, in a projected coordinate system or a local one."""

    x_m: float
    """East."""
    y_m: float
    """North."""
    z_m: float | None
    """Up."""
    epsg: int | None = None
    """Code of the coordinate system; null for a local one."""
    accuracy_m: float | None = None
    """Standard deviation of x and of y, as the file of positions states it."""
    altitude_accuracy_m: float | None = None
    """Standard deviation of z, as the file of positions states it."""


class Lens(StrEnum):
    """Camera models of COLMAP that photos with given poses may have."""

    PINHOLE = "PINHOLE"
    OPENCV = "OPENCV"
    FULL_OPENCV = "FULL_OPENCV"
    OPENCV_FISHEYE = "OPENCV_FISHEYE"


class GivenPose(Contract):
    """Pose and intrinsics of a photo, from the file that came with the capture."""

    world_from_camera: Matrix4x4
    """[4, 4], with OpenGL's axes (x right, y up, z backwards), in the world of that file."""
    focal: Pair
    """x and y, in pixels of the photo as stored."""
    center: Pair
    """Principal point x and y, in pixels of the photo as stored."""
    lens: Lens = Lens.PINHOLE
    distortion: tuple[float, ...] = ()
    """The parameters of COLMAP's model `lens` after focal lengths and principal point."""
    z_is_up: bool
    """Whether z is up in the world of the file, as Blender has it."""
    held_out: bool
    """Whether the photo is held out of training."""


class LensKind(StrEnum):
    """How the lens of a camera projects."""

    PERSPECTIVE = "perspective"
    FISHEYE = "fisheye"
    """Equidistant: distances from the centre are proportional to the angle from the axis."""


class RigView(Contract):
    """Of a photo that is a view of a 360° photo: where it looks, in the rig of all views of that photo."""

    frame: str
    """The 360° photo, by its path in the source: its views have one centre."""
    cam_from_rig: tuple[float, float, float, float]
    """Rotation as a unit quaternion w, x, y, z; COLMAP's axes. The rig's y is down and its z is the middle of
    the 360° photo."""


class CaptureImage(Contract):
    """One photo. Fields that could not be read have their defaults."""

    name: str
    """Path under `images/`."""
    source_name: str = ""
    """Path in the source where it differs from `name`; else empty."""
    changes: tuple[str, ...] = ()
    """What ingest did to the pixels, in order, in words that are equal for equal changes, as in
    `Display P3 to sRGB`. Empty where the file under `images/` has the bytes of the source."""
    sha256: str = ""
    """Of the file under `images/`, in hexadecimal."""
    bytes: int = 0
    """Size of the file under `images/`."""
    width: int = 0
    """Pixels as stored, before the rotation that `orientation` asks for."""
    height: int = 0
    """Pixels as stored, before the rotation that `orientation` asks for."""
    camera_group: int | None = None
    """`id` of its camera group; null for rejected photos."""
    focal_length_px: float | None = None
    """For the stored size and square pixels."""
    focal_length_mm: float | None = None
    focal_length_35mm: float | None = None
    """35 mm equivalent, in mm."""
    make: str = ""
    model: str = ""
    gps: Gps | None = None
    """From EXIF or XMP, or from a file of positions in degrees or UTM, which comes first."""
    position: MetricPosition | None = None
    """From a file of positions in another coordinate system; it counts before `gps`."""
    orientation: int = 1
    """EXIF's 1 to 8; recorded, not applied."""
    captured_at: str | None = None
    """ISO 8601, with the offset to UTC where EXIF has it."""
    exif_error: str | None = None
    """What of EXIF could not be read; those values are unknown, and others are right."""
    sharpness: float | None = None
    """Variance of second differences over variance of luminance; comparable within a capture."""
    masked_fraction: float | None = None
    """Fraction of the photo that its mask excludes; null without a mask."""
    pose: GivenPose | None = None
    """Where the capture came with poses."""
    rig: RigView | None = None
    """Where the photo is a view of a 360° photo."""
    verdict: ImageVerdict = ImageVerdict.ACCEPTED
    reason: str = ""
    """Why the photo was rejected or converted."""

    @property
    def is_accepted(self) -> bool:
        return self.verdict == ImageVerdict.ACCEPTED


class CameraGroup(Contract):
    """Photos of one camera at one focal length: they share their intrinsics."""

    id: int
    width: int
    height: int
    make: str = ""
    model: str = ""
    focal_length_px: float | None = None
    """From EXIF; null where it is unknown."""
    center: Pair | None = None
    """Principal point x and y, in pixels; null: the middle."""
    lens: LensKind = LensKind.PERSPECTIVE
    is_exact: bool = False
    """Whether the photos were rendered: without distortion, with exactly this focal length and the principal
    point in the middle."""


class RejectedImage(Contract):
    """A photo that is not used."""

    name: str
    verdict: ImageVerdict
    reason: str


class CaptureFigures(Contract):
    """The part `capture` of `report.json`; null where ingest did not get that far."""

    images: int | None = None
    accepted: int | None = None
    rejected: list[RejectedImage] | None = None
    changes: dict[str, int] | None = None
    """Number of accepted photos by what ingest did to their pixels."""
    notes: list[str] | None = None
    """Sentences about the capture as a whole, for its photographer."""

    @classmethod
    def of(cls, images: Sequence[CaptureImage], notes: Sequence[str] = ()) -> CaptureFigures:
        rejected = [
            RejectedImage(name=image.name, verdict=image.verdict, reason=image.reason)
            for image in images
            if not image.is_accepted
        ]
        changes = Counter(change for image in images if image.is_accepted for change in image.changes)
        return CaptureFigures(
            images=len(images),
            accepted=len(images) - len(rejected),
            rejected=rejected,
            changes=dict(changes.most_common()),
            notes=list(notes),
        )

    def sentences(self) -> list[str]:
        """What a photographer should know: the notes, and what was changed in the pixels."""
        return [*(self.notes or []), *describe_changes(self.changes or {}, self.accepted or 0)]


class CaptureSummary(Contract):
    """The part `capture` of `scene.json`."""

    images: int
    accepted: int
    rejected: list[RejectedImage]
    changes: dict[str, int] = Field(default_factory=dict)
    """Number of accepted photos by what ingest did to their pixels."""
    notes: list[str] = Field(default_factory=list)
    """Sentences about the capture as a whole, for its photographer."""
    ordered: bool
    """Each photo was taken next to the one before it."""

    def sentences(self) -> list[str]:
        """What a photographer should know: the notes, and what was changed in the pixels."""
        return [*self.notes, *describe_changes(self.changes, self.accepted)]


class CaptureInfo(Contract):
    """The content of `capture.json`."""

    schema_version: SchemaVersion = 1
    source: str = ""
    """The path or address that the capture was read from."""
    images: list[CaptureImage]
    """All photos, accepted and rejected, by name."""
    camera_groups: list[CameraGroup]
    ordered: bool
    """Each photo was taken next to the one before it, on a walk."""
    notes: tuple[str, ...] = ()
    """Sentences about the capture as a whole, for its photographer: what was read, left out or assumed."""

    @property
    def accepted(self) -> list[CaptureImage]:
        return [image for image in self.images if image.is_accepted]

    def figures(self) -> CaptureFigures:
        return CaptureFigures.of(self.images, self.notes)

    def summary(self) -> CaptureSummary:
        return CaptureSummary(**dict(self.figures()), ordered=self.ordered)

    def metrics(self) -> dict[str, float]:
        """Flat figures for Kubeflow."""
        accepted = self.accepted
        return {
            "images": len(self.images),
            "images_accepted": len(accepted),
            "images_rejected": len(self.images) - len(accepted),
            "camera_groups": len(self.camera_groups),
            "exif_errors": sum(image.exif_error is not None for image in self.images),
            "images_masked": sum(image.masked_fraction is not None for image in accepted),
            "capture_bytes": sum(image.bytes for image in accepted),
        }
