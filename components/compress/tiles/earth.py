"""Where a scene is on earth: earth-centered, earth-fixed coordinates (ECEF) of WGS 84, in metres."""

from __future__ import annotations

import math

import numpy as np

from components.shared.contracts.scene import Georeference, GeoreferenceKind, GeoreferenceUnit, World
from components.shared.errors import InputError
from components.shared.utm import degrees_from_utm

_A = 6378137.0
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
_STEP_M = 100.0
_REMEDY = "Give photos with GPS positions, or a file of positions in UTM; or leave tiles out of --formats."


def ecef_from_scene(world: World | None) -> np.ndarray:
    """The similarity [4, 4] from the scene to ECEF; heights are taken as those above the ellipsoid.

    Raises:
        InputError: the scene has no georeference, or one in a system that is neither WGS 84 nor UTM.
    """
    if world is None:
        raise InputError("nothing is known of the scene's place on earth", remedy=_REMEDY)
    return ecef_from_local(world.georeference) @ np.array(world.capture_from_scene, np.float64)


def ecef_from_local(georeference: Georeference) -> np.ndarray:
    """The transform [4, 4] from metres east, north and up of the georeference's origin to ECEF.

    East and north of a projected system are those of its grid.
    """
    _check(georeference)
    if georeference.origin is not None:
        place = georeference.origin
        return _east_north_up(
            math.radians(place.latitude), math.radians(place.longitude), place.altitude_m or 0.0
        )
    assert georeference.epsg is not None
    assert georeference.offset is not None
    return _of_utm(georeference.epsg, np.array(georeference.offset))


def ecef_of(latitude: float, longitude: float, height_m: float) -> np.ndarray:
    """ECEF [3] of a place; angles in radians, height above the ellipsoid."""
    radius = _A / math.sqrt(1 - _E2 * math.sin(latitude) ** 2)
    level = (radius + height_m) * math.cos(latitude)
    up = (radius * (1 - _E2) + height_m) * math.sin(latitude)
    return np.array([level * math.cos(longitude), level * math.sin(longitude), up])


def place_of_utm(epsg: int, east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude in radians."""
    zone, south = _utm_zone(epsg)
    latitude, longitude = degrees_from_utm(east, north, zone, is_north=not south)
    return math.radians(latitude), math.radians(longitude)


def _check(georeference: Georeference) -> None:
    known = georeference.kind in (GeoreferenceKind.WGS84_ENU, GeoreferenceKind.EPSG)
    if not known or georeference.unit is not GeoreferenceUnit.METRE:
        raise InputError(
            f"the scene has no place on earth: its georeference is {georeference.kind.value!r}, "
            f"one unit is of {georeference.unit.value}",
            remedy=_REMEDY,
        )
    if georeference.origin is None:
        _utm_zone(georeference.epsg or 0)


def _utm_zone(epsg: int) -> tuple[int, bool]:
    """Zone from 1 to 60, and whether it is south, of a UTM system on WGS 84 or ETRS89."""
    for first, last, south in ((32601, 32660, False), (32701, 32760, True), (25828, 25838, False)):
        if first <= epsg <= last:
            return epsg % 100, south
    raise InputError(
        f"the scene is in EPSG:{epsg}; 3D Tiles are made of GPS positions and of UTM on WGS 84 or ETRS89",
        remedy=_REMEDY,
    )


def _east_north_up(latitude: float, longitude: float, height_m: float) -> np.ndarray:
    sin_lat, cos_lat = math.sin(latitude), math.cos(latitude)
    sin_lon, cos_lon = math.sin(longitude), math.cos(longitude)
    transform = np.eye(4)
    transform[:3, 0] = -sin_lon, cos_lon, 0.0
    transform[:3, 1] = -sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat
    transform[:3, 2] = cos_lat * cos_lon, cos_lat * sin_lon, sin_lat
    transform[:3, 3] = ecef_of(latitude, longitude, height_m)
    return transform


def _of_utm(epsg: int, offset: np.ndarray) -> np.ndarray:
    """With the grid's north, and its scale, at `offset`: east, north, height."""

    def ecef(east: float, north: float) -> np.ndarray:
        return ecef_of(*place_of_utm(epsg, offset[0] + east, offset[1] + north), offset[2])

    latitude, longitude = place_of_utm(epsg, offset[0], offset[1])
    level = _east_north_up(latitude, longitude, offset[2])
    north = (ecef(0.0, _STEP_M) - ecef(0.0, -_STEP_M)) / (2 * _STEP_M)
    scale = float(np.linalg.norm(north))
    up = level[:3, 2]
    north = north - (north @ up) * up
    north /= np.linalg.norm(north)
    level[:3, :3] = scale * np.stack([np.cross(north, up), north, up], axis=1)
    return level
