"""Which photos share a camera. One camera per photo is a guess too many; one for all drops photos."""

from __future__ import annotations

from components.ingest.records import CameraGroup, ImageRecord


def group_cameras(accepted: list[ImageRecord]) -> list[CameraGroup]:
    """Group by size, make, model and focal length, and write each photo's group into its record."""
    groups: dict[tuple[object, ...], CameraGroup] = {}
    for image in accepted:
        camera = (image.width, image.height, image.make, image.model)
        key = (*camera, image.focal_length_mm, image.focal_length_35mm)
        group = groups.setdefault(key, CameraGroup(len(groups), *camera, image.focal_length_px))
        image.camera_group = group.id
    return list(groups.values())
