"""Cameras as RealityCapture and RealityScan describe them, in tables and in sidecars of photos.

The world is x east, y north, z up, or any other; cameras look along z with y down. Focal lengths are those of
36 mm film, principal points are relative to the middle, both by the photo's longer side. The coefficients are
those of Brown; the tangential ones are OpenCV's in the other order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.ingest.poses.exports.listed_photos import ListedPhoto
from components.ingest.poses.given_intrinsics import Intrinsics, brown_lens
from components.ingest.poses.rigid_transform import OPENGL_FROM_COLMAP, rigid_transform
from components.shared.errors import InputError

_FILM_MM = 36.0
_MIN_DISTORTION = 1e-9
MIN_FOCAL_MM, MAX_FOCAL_MM, MAX_CENTER = 0.1, 1e5, 10.0
"""MAX_CENTER is in longer sides of the photo."""


def listed_photo(
    name: str,
    camera_from_world: np.ndarray,
    position: Sequence[float],
    focal_mm: float,
    center: Sequence[float],
    coefficients: Sequence[float],
    source: str,
) -> ListedPhoto:
    """A photo from its rotation [3, 3], the camera's place, and its lens: k1, k2, k3, k4, t1, t2.

    Raises:
        InputError: the matrix is no rotation, or the lens has a fourth radial coefficient.
    """
    k1, k2, k3, k4, t1, t2 = coefficients
    if abs(k4) > _MIN_DISTORTION:
        raise unusable_lens(source, f"the lens of {name} has k4 = {k4:g}")
    lens, distortion = brown_lens(k1, k2, k3, t2, t1)
    pose = np.column_stack([camera_from_world.T, position]) @ OPENGL_FROM_COLMAP
    focal = focal_mm / _FILM_MM
    return ListedPhoto(
        name=name,
        world_from_camera=rigid_transform(pose, f"the pose of {name}", source),
        intrinsics=Intrinsics(
            focal=(focal, focal),
            center=(center[0], center[1]),
            size=None,
            angle_x=None,
            lens=lens,
            distortion=distortion,
            of_longer_side=True,
        ),
    )


def unusable_lens(source: str, what: str) -> InputError:
    return InputError(
        f"{source}: {what}, which cannot be used",
        remedy="Set the distortion model to Brown3, align and export again, or take the file out of the "
        "capture: poses are then computed from the photos.",
    )
