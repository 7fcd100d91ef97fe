"""What structure from motion needs to know of a capture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from components.shared.files import read_json
from components.shared.scene import IMAGES_FOLDER, fitted_size

ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Gps:
    """WGS 84; degrees, north and east positive."""

    latitude: float
    longitude: float
    altitude_m: float | None


@dataclass(frozen=True, slots=True)
class GivenPose:
    """world_from_camera [4, 4] with OpenGL's axes (x right, y up, z backwards); focal and center [2], px of
    the photo as stored."""

    world_from_camera: np.ndarray
    focal: np.ndarray
    center: np.ndarray
    z_is_up: bool
    held_out: bool


@dataclass(frozen=True, slots=True)
class Photo:
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

    @property
    def plain_name(self) -> str:
        """What COLMAP calls it: its lists of pairs know no names with spaces."""
        return f"{self.id:06d}{PurePosixPath(self.name).suffix}"


@dataclass(frozen=True, slots=True)
class CameraGroup:
    """Photos that share their intrinsics; `focal_length_px` from EXIF, where it tells."""

    id: int
    width: int
    height: int
    focal_length_px: float | None

    def shrunk(self, max_image_px: int) -> CameraGroup:
        """The camera of its photos after `shrink_photos`."""
        width, height = fitted_size(self.width, self.height, max_image_px)
        factor = max(width, height) / max(self.width, self.height)
        focal = self.focal_length_px and self.focal_length_px * factor
        return CameraGroup(self.id, width, height, focal)


@dataclass(frozen=True, slots=True)
class Capture:
    """An unpacked capture. `ordered`: each photo was taken next to the one before it."""

    root: Path
    photos: list[Photo]
    groups: list[CameraGroup]
    ordered: bool
    info: dict[str, Any]

    @property
    def has_poses(self) -> bool:
        """Whether it came with its poses: all of its photos or none have one."""
        return all(photo.pose for photo in self.photos)

    @property
    def image_folder(self) -> Path:
        return self.root / IMAGES_FOLDER

    def summary(self) -> dict[str, Any]:
        """What later stages show of it: how many photos there were, and which were turned down for what."""
        rejected = [image for image in self.info["images"] if image["verdict"] != ACCEPTED]
        return {
            "images": len(self.info["images"]),
            "accepted": len(self.photos),
            "rejected": [{key: image[key] for key in ("name", "verdict", "reason")} for image in rejected],
            "ordered": self.ordered,
        }


def read_capture(root: Path) -> Capture:
    info = read_json(root / "capture.json")
    accepted = [image for image in info["images"] if image["verdict"] == ACCEPTED]
    groups = {group["id"]: _group(group) for group in info["camera_groups"]}
    photos = [
        _photo(number, image, groups[image["camera_group"]]) for number, image in enumerate(accepted, start=1)
    ]
    return Capture(
        root=root,
        photos=photos,
        groups=[groups[id_] for id_ in sorted({photo.camera_group for photo in photos})],
        ordered=info["ordered"],
        info=info,
    )


def _photo(number: int, image: dict[str, Any], group: CameraGroup) -> Photo:
    gps = image.get("gps")
    return Photo(
        id=number,
        name=image["name"],
        width=group.width,
        height=group.height,
        camera_group=group.id,
        orientation=image.get("orientation") or 1,
        gps=Gps(gps["latitude"], gps["longitude"], gps["altitude_m"]) if gps else None,
        is_masked=image.get("masked_fraction") is not None,
        pose=_pose(image["pose"]) if image.get("pose") else None,
    )


def _pose(pose: dict[str, Any]) -> GivenPose:
    matrix, focal, center = (np.array(pose[name]) for name in ("world_from_camera", "focal", "center"))
    return GivenPose(matrix, focal, center, pose["z_is_up"], pose["held_out"])


def _group(group: dict[str, Any]) -> CameraGroup:
    return CameraGroup(group["id"], group["width"], group["height"], group["focal_length_px"])
