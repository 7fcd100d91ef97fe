"""The part of a capture that structure from motion uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from components.shared.contracts.capture import (
    CAPTURE_FILE,
    CameraGroup,
    CaptureImage,
    CaptureInfo,
    CaptureSummary,
    GivenPose,
    Gps,
    MetricPosition,
    RigView,
)
from components.shared.scene import IMAGES_FOLDER, fitted_size

Quaternion = tuple[float, float, float, float]
"""A rotation as w, x, y, z."""


@dataclass(frozen=True, slots=True)
class CapturePhoto:
    """An accepted photo; `id` counts from 1 in the capture's order and is COLMAP's image id."""

    id: int
    name: str
    width: int
    height: int
    camera_group: int
    orientation: int
    gps: Gps | None
    is_masked: bool = False
    pose: GivenPose | None = None
    position: MetricPosition | None = None
    rig: RigView | None = None
    first_view: int | None = None
    """Of a view of a 360° photo: `id` of the first one."""

    @property
    def frame(self) -> int:
        """Equal for the views of one 360° photo, which have one centre; of other photos their `id`."""
        return self.first_view or self.id

    @property
    def cam_from_rig(self) -> Quaternion | None:
        """Rotation of a view of a 360° photo."""
        return self.rig.cam_from_rig if self.rig else None

    @property
    def colmap_name(self) -> str:
        """File name in COLMAP's database: lists of pairs allow no spaces."""
        return f"{self.id:06d}{PurePosixPath(self.name).suffix}"


@dataclass(frozen=True, slots=True)
class Capture:
    """An unpacked capture: its accepted photos and their camera groups."""

    root: Path
    photos: list[CapturePhoto]
    groups: list[CameraGroup]
    summary: CaptureSummary

    @property
    def has_poses(self) -> bool:
        """Whether the capture came with poses; either all of its photos have one or none."""
        return all(photo.pose for photo in self.photos)

    @property
    def image_folder(self) -> Path:
        return self.root / IMAGES_FOLDER


def read_capture(root: Path) -> Capture:
    """Read `capture.json` in `root`."""
    info = CaptureInfo.read(root / CAPTURE_FILE)
    groups = {group.id: group for group in info.camera_groups}
    frames: dict[str, int] = {}
    photos = [_photo(number, image, groups, frames) for number, image in enumerate(info.accepted, start=1)]
    used = sorted({photo.camera_group for photo in photos})
    return Capture(root, photos, [groups[id_] for id_ in used], info.summary())


def shrunk_camera(group: CameraGroup, max_image_px: int) -> CameraGroup:
    """The camera group of photos after `shrink_photos`."""
    width, height = fitted_size(group.width, group.height, max_image_px)
    factor = max(width, height) / max(group.width, group.height)
    focal = group.focal_length_px and group.focal_length_px * factor
    center = group.center and (group.center[0] * factor, group.center[1] * factor)
    return group.replace(width=width, height=height, focal_length_px=focal, center=center)


def _photo(
    number: int, image: CaptureImage, groups: dict[int, CameraGroup], frames: dict[str, int]
) -> CapturePhoto:
    """`frames` has the frames of 360° photos by name, and gets that of this photo."""
    assert image.camera_group is not None, "accepted photos have a camera group"
    group = groups[image.camera_group]
    return CapturePhoto(
        id=number,
        name=image.name,
        width=group.width,
        height=group.height,
        camera_group=group.id,
        orientation=image.orientation,
        gps=image.gps,
        is_masked=image.masked_fraction is not None,
        pose=image.pose,
        position=image.position,
        rig=image.rig,
        first_view=frames.setdefault(image.rig.frame, number) if image.rig else None,
    )
