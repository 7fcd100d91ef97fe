"""Group photos by camera: one per photo has too many unknowns, one for all fits no mixed capture."""

from __future__ import annotations

from components.ingest.photos.check_image import CheckedImage
from components.shared.contracts.capture import CameraGroup


def group_cameras(accepted: list[CheckedImage]) -> list[CameraGroup]:
    """Group by size, make, model and focal length; each photo's entry gets the id of its group."""
    groups: dict[tuple[object, ...], CameraGroup] = {}
    for image in accepted:
        info = image.info
        camera = (info.width, info.height, info.make, info.model)
        group = groups.setdefault(
            (*camera, info.focal_length_mm, info.focal_length_35mm),
            CameraGroup(
                id=len(groups),
                width=info.width,
                height=info.height,
                make=info.make,
                model=info.model,
                focal_length_px=info.focal_length_px,
            ),
        )
        image.update(camera_group=group.id)
    return list(groups.values())
