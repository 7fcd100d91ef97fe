"""Captures as ingest writes them, made from photos; and models without images."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pycolmap
from PIL import Image

from components.sfm.capture import Capture, CapturePhoto
from components.shared.contracts.capture import CameraGroup, CaptureSummary, Gps
from components.shared.files import write_json


def make_capture(
    photos: dict[str, Path],
    root: Path,
    *,
    ordered: bool = False,
    masks: dict[str, Image.Image] | None = None,
) -> Path:
    """Write a capture folder with photos under the given names: one camera group per size, no EXIF."""
    groups: dict[tuple[int, int], int] = {}
    for name, photo in photos.items():
        (root / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, root / "images" / name)
    images = []
    for name, photo in photos.items():
        with Image.open(photo) as image:
            group = groups.setdefault(image.size, len(groups))
        images.append(accepted(name, group))
    for name, mask in (masks or {}).items():
        (root / "masks").mkdir(exist_ok=True)
        mask.save(root / "masks" / f"{name}.png")
        next(image for image in images if image["name"] == name)["masked_fraction"] = 0.25
    rejected = {"name": "notes.jpg", "verdict": "not an image", "reason": "its content is text"}
    info = {"images": [*images, rejected], "camera_groups": camera_groups(groups), "ordered": ordered}
    write_json(root / "capture.json", {"schema": 1, "source": "photos", **info})
    return root


def accepted(name: str, group: int) -> dict[str, Any]:
    entry = {"name": name, "verdict": "accepted", "reason": "", "camera_group": group}
    return {**entry, "orientation": 1, "gps": None}


def camera_groups(sizes: dict[tuple[int, int], int]) -> list[dict[str, Any]]:
    return [
        {"id": group, "width": width, "height": height, "focal_length_px": None}
        for (width, height), group in sizes.items()
    ]


def photo(number: int, *, gps: Gps | None = None, orientation: int = 1) -> CapturePhoto:
    return CapturePhoto(number, f"{number}.jpg", 80, 60, 0, orientation, gps)


def capture_of(photos: list[CapturePhoto], root: Path = Path(), *, ordered: bool = False) -> Capture:
    """A capture without files; its only camera group is that of `photo`."""
    count = len(photos)
    summary = CaptureSummary(images=count, accepted=count, rejected=[], ordered=ordered)
    return Capture(root, photos, [CameraGroup(id=0, width=80, height=60)], summary)


def gps(latitude: float, longitude: float, altitude_m: float | None = None) -> Gps:
    return Gps(latitude=latitude, longitude=longitude, altitude_m=altitude_m)


def model_of(poses: list[np.ndarray]) -> pycolmap.Reconstruction:
    """Cameras with cam_from_world [3, 4] and image ids from 1; no points."""
    model = pycolmap.Reconstruction()
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(model="PINHOLE", width=80, height=60, params=[70, 70, 40, 30], camera_id=1)
    )
    for number, pose in enumerate(poses, start=1):
        image = pycolmap.Image(name=f"{number:06d}.jpg", camera_id=1, image_id=number)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d(pose))
    return model


def looking(center: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """cam_from_world [3, 4] of a camera in a world with y down, rolled clockwise by `roll` radians."""
    forward = (target - center) / np.linalg.norm(target - center)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    rows = np.stack([right, np.cross(forward, right), forward])
    c, s = np.cos(roll), np.sin(roll)
    rows = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) @ rows
    return np.column_stack([rows, -rows @ center])


def ring(count: int, *, radius: float = 2.0, above: float = 0.5, arc: float = 2 * np.pi) -> list[np.ndarray]:
    """Cameras on a circle that look at the origin."""
    angles = arc * np.arange(count) / count
    centers = np.stack([radius * np.sin(angles), np.full(count, -above), -radius * np.cos(angles)], axis=1)
    return [looking(center, np.zeros(3)) for center in centers]


def moved(poses: list[np.ndarray], rotation: np.ndarray, translation: np.ndarray) -> list[np.ndarray]:
    """The same cameras in a world turned and shifted: new = R old + t."""
    result = []
    for pose in poses:
        turned = pose[:, :3] @ rotation.T
        result.append(np.column_stack([turned, pose[:, 3] - turned @ translation]))
    return result


def tilt(radians: float) -> np.ndarray:
    """Rotation [3, 3] about x."""
    c, s = np.cos(radians), np.sin(radians)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def centers_of(poses: list[np.ndarray]) -> np.ndarray:
    return np.array([-pose[:, :3].T @ pose[:, 3] for pose in poses])
