"""The georeference of a scene, as `scene.json` has it."""

from __future__ import annotations

import numpy as np
import pycolmap

from components.sfm.capture import CapturePhoto
from components.sfm.world.align import Alignment
from components.shared.contracts.capture import Gps
from components.shared.contracts.scene import Georeference, GeoreferenceKind, GeoreferenceUnit, GpsFit

_AXIS_M = 1000.0


def georeference(
    alignment: Alignment, photos: list[CapturePhoto], enu_from_scene: np.ndarray
) -> tuple[Georeference, np.ndarray]:
    """The georeference with the scene's origin as its origin, and the transform [4, 4] from the scene to it.

    photos: those whose indices `alignment.positions` has. enu_from_scene: [4, 4], to the frame of these.
    """
    positions, left_out = alignment.positions, alignment.outliers
    kind = GeoreferenceKind.EPSG if positions.epsg else GeoreferenceKind.LOCAL
    found = Georeference(
        kind=GeoreferenceKind.WGS84_ENU if positions.origin else kind,
        unit=GeoreferenceUnit.METRE,
        epsg=positions.epsg,
        positions=len(positions) - int(left_out.sum()),
        residual_m=alignment.residual_m,
        stated_accuracy_m=positions.accuracy_m,
        is_refined=alignment.is_refined,
        left_out=[photos[index].name for index, out in zip(positions.photos, left_out, strict=True) if out],
    )
    at = enu_from_scene[:3, 3]
    if positions.origin:
        origin, transform = _moved_to(positions.origin, at)
        if not positions.has_heights:
            origin = origin.replace(altitude_m=None)
        return found.replace(origin=origin), transform @ enu_from_scene
    moved = np.eye(4)
    moved[:3, 3] = -at
    x, y, z = (at + positions.offset).tolist()
    return found.replace(offset=(x, y, z)), moved @ enu_from_scene


def gps_fit(alignment: Alignment, origin: Gps | None) -> GpsFit | None:
    """None where the positions are not GPS."""
    if origin is None:
        return None
    return GpsFit(origin=origin, positions=len(alignment.positions), residual_m=alignment.residual_m)


def unit_note(alignment: Alignment) -> str:
    """Where the metre comes from."""
    source = "GPS" if alignment.positions.origin else "positions"
    count, residual = len(alignment.positions), alignment.residual_m
    return f"metres from the {source} of {count} photos, with a median residual of {residual:.2f} m"


def _moved_to(origin: Gps, at: np.ndarray) -> tuple[Gps, np.ndarray]:
    """The place `at` metres east, north and up of `origin`, and the transform [4, 4] to metres of it.

    Both are upright where they are, so they are turned a little against each other.
    """
    old = origin.latitude, origin.longitude, origin.altitude_m or 0.0
    transform = pycolmap.GPSTransform()
    new = transform.enu_to_ellipsoid(at[None], *old)[0]
    axes = np.vstack([np.zeros(3), _AXIS_M * np.eye(3)])
    moved = transform.ellipsoid_to_enu(transform.enu_to_ellipsoid(axes, *old), *new)
    new_from_old = np.eye(4)
    new_from_old[:3, :3] = (moved[1:] - moved[0]).T / _AXIS_M
    new_from_old[:3, 3] = moved[0]
    latitude, longitude, altitude = new.tolist()
    return Gps(latitude=latitude, longitude=longitude, altitude_m=altitude), new_from_old
