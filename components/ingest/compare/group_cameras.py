"""Group photos by camera: one per photo has too many unknowns, one for all fits no mixed capture."""

from __future__ import annotations

from components.ingest.photos.check_image import CheckedImage
from components.shared.contracts.capture import CameraGroup


def camera_key(image: CheckedImage) -> tuple[object, ...]:
    """Size, make, model and focal length; of the views of a 360° photo the focal length in pixels."""
    info = image.info
    camera = info.width, info.height, info.make, info.model
    exact_px = info.focal_length_px if info.rig else None
    return (*camera, info.focal_length_mm, info.focal_length_35mm, exact_px)


def group_cameras(accepted: list[CheckedImage]) -> list[CameraGroup]:
    """Group by `camera_key` and lens; each photo's entry gets the id of its group."""
    groups: dict[tuple[object, ...], CameraGroup] = {}
    for image in accepted:
        info = image.info
        group = groups.setdefault(
            (*camera_key(image), image.lens, image.circle),
            CameraGroup(
                id=len(groups),
                width=info.width,
                height=info.height,
                make=info.make,
                model=info.model,
                focal_length_px=info.focal_length_px,
                center=(image.circle.x, image.circle.y) if image.circle else None,
                lens=image.lens,
                is_exact=info.rig is not None,
            ),
        )
        image.update(camera_group=group.id)
    return list(groups.values())
