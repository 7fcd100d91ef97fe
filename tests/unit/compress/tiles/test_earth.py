"""Places on earth against COLMAP's transforms and the properties of the projection."""

from __future__ import annotations

import math

import numpy as np
import pycolmap
import pytest

from components.compress.tiles.earth import ecef_from_local, ecef_from_scene, ecef_of, place_of_utm
from components.shared.contracts.capture import Gps
from components.shared.contracts.scene import Georeference, GeoreferenceKind, GeoreferenceUnit
from components.shared.errors import InputError
from tests.scene_info import scene_info

PLACES = [(47.1, 8.5, 500.0), (-33.9, 151.2, 20.0), (0.0, -179.9, -50.0), (78.2, 15.6, 3000.0)]


def at(latitude, longitude, altitude):
    origin = Gps(latitude=latitude, longitude=longitude, altitude_m=altitude)
    return Georeference(kind=GeoreferenceKind.WGS84_ENU, unit=GeoreferenceUnit.METRE, origin=origin)


def in_utm(epsg, *offset):
    return Georeference(kind=GeoreferenceKind.EPSG, unit=GeoreferenceUnit.METRE, epsg=epsg, offset=offset)


@pytest.mark.parametrize("place", PLACES)
def test_ecef_is_that_of_colmap(place):
    theirs = pycolmap.GPSTransform().ellipsoid_to_ecef(np.array([place]))[0]
    ours = ecef_of(math.radians(place[0]), math.radians(place[1]), place[2])
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("place", PLACES)
def test_metres_east_north_and_up_are_those_of_colmap(place):
    local = np.array([[0.0, 0, 0], [30, -20, 5], [-400, 100, 60]])
    transform = pycolmap.GPSTransform()
    theirs = transform.ellipsoid_to_ecef(transform.enu_to_ellipsoid(local, *place))
    matrix = ecef_from_local(at(*place))
    np.testing.assert_allclose(local @ matrix[:3, :3].T + matrix[:3, 3], theirs, atol=1e-4)


def test_the_middle_meridian_of_a_zone_has_the_length_of_the_arc():
    """From the equator to 45 degrees it is 4,984,944.378 m long."""
    latitude, longitude = place_of_utm(32633, 500_000.0, 0.9996 * 4_984_944.378)
    assert math.degrees(latitude) == pytest.approx(45.0, abs=1e-8)
    assert math.degrees(longitude) == pytest.approx(15.0, abs=1e-12)


def test_a_place_of_the_books():
    """The CN Tower is at 43°38′33.24″ N 79°23′13.7″ W, 630084 m E 4833438 m N in zone 17."""
    latitude, longitude = place_of_utm(32617, 630_084.0, 4_833_438.0)
    assert math.degrees(latitude) == pytest.approx(43 + 38 / 60 + 33.24 / 3600, abs=1e-5)
    assert math.degrees(longitude) == pytest.approx(-(79 + 23 / 60 + 13.7 / 3600), abs=1e-5)


@pytest.mark.parametrize("north", [200_000.0, 4_000_000.0, 7_500_000.0])
@pytest.mark.parametrize("east", [250_000.0, 610_000.0])
def test_the_projection_is_conformal(east, north):
    """The one conformal map with a true middle meridian: steps east and north are equal and orthogonal."""

    def ecef(e, n):
        return ecef_of(*place_of_utm(25832, e, n), 0.0)

    step = 100.0
    along_east = (ecef(east + step, north) - ecef(east - step, north)) / (2 * step)
    along_north = (ecef(east, north + step) - ecef(east, north - step)) / (2 * step)
    assert np.linalg.norm(along_east) == pytest.approx(np.linalg.norm(along_north), rel=1e-8)
    assert abs(along_east @ along_north) < 1e-8


def test_south_of_the_equator_north_counts_down_from_ten_million():
    north = place_of_utm(32633, 500_000.0, 1_000_000.0)[0]
    assert place_of_utm(32733, 500_000.0, 9_000_000.0)[0] == pytest.approx(-north, abs=1e-12)


def test_grid_coordinates_of_a_system_become_places():
    """East and north of the grid, 2 degrees from its middle, where the grid is turned and scaled."""
    matrix = ecef_from_local(in_utm(32632, 650_000.0, 5_200_000.0, 400.0))
    for east, north in ((0.0, 0.0), (50.0, 0.0), (-20.0, 80.0)):
        latitude, longitude = place_of_utm(32632, 650_000.0 + east, 5_200_000.0 + north)
        found = matrix[:3, :3] @ [east, north, 0.0] + matrix[:3, 3]
        np.testing.assert_allclose(found, ecef_of(latitude, longitude, 400.0), atol=2e-3)
    assert np.linalg.det(matrix[:3, :3]) > 0


@pytest.mark.parametrize(
    ("georeference", "said"),
    [
        (Georeference(), "'none'"),
        (Georeference(kind=GeoreferenceKind.LOCAL, unit=GeoreferenceUnit.METRE, offset=(0, 0, 0)), "'local'"),
        (in_utm(2056, 2_600_000.0, 1_200_000.0, 500.0), "EPSG:2056"),
        (in_utm(32661, 0.0, 0.0, 0.0), "EPSG:32661"),
    ],
)
def test_without_a_place_the_error_says_what_to_give(georeference, said):
    with pytest.raises(InputError, match=said) as caught:
        ecef_from_local(georeference)
    assert "GPS" in caught.value.remedy
    with pytest.raises(InputError, match="nothing is known"):
        ecef_from_scene(None)


def test_the_scene_goes_by_its_transform():
    turned = ((0.0, 0.0, 2.0, 10.0), (-2.0, 0.0, 0.0, 0.0), (0.0, -2.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0))
    georeference = at(47.1, 8.5, 500.0)
    world = scene_info().world.replace(georeference=georeference, capture_from_scene=turned)
    found = ecef_from_scene(world) @ [1.0, -1.0, 3.0, 1.0]
    np.testing.assert_allclose(found, ecef_from_local(georeference) @ [16.0, -2.0, 3.0, 1.0], atol=1e-9)
