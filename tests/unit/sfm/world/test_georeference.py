"""The georeference of scenes: what `capture_from_scene` leads to, in figures and in words."""

import numpy as np
import pycolmap
import pytest

from components.sfm.capture import CapturePhoto
from components.sfm.world.orient import orient
from components.shared.contracts.capture import Gps, MetricPosition
from components.shared.contracts.scene import Georeference
from tests.unit.sfm.sfm_captures import centers_of, model_of, moved, photo, ring, tilt
from tests.unit.sfm.world.flights import centers_of_model, flight, photos_at

ENU = 5.0 * centers_of(ring(12))[:, [0, 2, 1]] * [1, 1, -1]
OFFSET = np.array([2_683_000.0, 1_248_000.0, 500.0])


def scene_of(photos):
    """The world of a ring of 12 photos, and where its cameras are by the georeference."""
    model = model_of(moved(ring(12), tilt(0.7), np.ones(3)))
    model.add_point3D(np.ones(3), pycolmap.Track(), np.zeros(3, np.uint8))
    world = orient(model, photos)
    back = np.array(world.capture_from_scene)
    return world, centers_of_model(model) @ back[:3, :3].T + back[:3, 3]


def with_positions(epsg):
    return [
        CapturePhoto(
            *(number, f"{number}.jpg", 80, 60, 0, 1, Gps(latitude=1, longitude=2, altitude_m=3)),
            position=MetricPosition(x_m=x, y_m=y, z_m=z, epsg=epsg),
        )
        for number, (x, y, z) in enumerate((ENU + OFFSET).tolist(), start=1)
    ]


@pytest.mark.parametrize(("epsg", "kind"), [(2056, "epsg"), (None, "local")])
def test_positions_in_metres_give_coordinates_of_their_system(epsg, kind):
    world, places = scene_of(with_positions(epsg))
    found = world.georeference
    assert (world.unit, found.kind, found.unit, found.epsg) == ("metre", kind, "metre", epsg)
    np.testing.assert_allclose(places + found.offset, ENU + OFFSET, atol=1e-4)
    np.testing.assert_allclose(np.array(world.capture_from_scene)[:3, 3], 0.0, atol=1e-6)
    assert (found.positions, found.left_out, found.origin, world.gps) == (12, [], None, None)
    assert world.unit_note == "metres from the positions of 12 photos, with a median residual of 0.00 m"


def test_gps_gives_metres_of_a_place():
    places = pycolmap.GPSTransform().enu_to_ellipsoid(ENU, 47.0, 8.0, 500.0)
    photos = [
        photo(number, gps=Gps(latitude=lat, longitude=lon, altitude_m=up, accuracy_m=0.02))
        for number, (lat, lon, up) in enumerate(places.tolist(), start=1)
    ]
    world, enu = scene_of(photos)
    found = world.georeference
    assert (found.kind, found.unit, found.stated_accuracy_m) == ("wgs84-enu", "metre", 0.02)
    np.testing.assert_allclose(np.array(world.capture_from_scene)[:3, 3], 0.0, atol=1e-6)
    again = pycolmap.GPSTransform().enu_to_ellipsoid(
        enu, found.origin.latitude, found.origin.longitude, found.origin.altitude_m
    )
    np.testing.assert_allclose(again, places, atol=1e-3)


@pytest.mark.parametrize("known", [0, 5])
def test_where_heights_are_missing_east_and_north_are_right(known):
    places = pycolmap.GPSTransform().enu_to_ellipsoid(ENU, 47.0, 8.0, 500.0)
    photos = [
        photo(number, gps=Gps(latitude=lat, longitude=lon, altitude_m=up if number <= known else None))
        for number, (lat, lon, up) in enumerate(places.tolist(), start=1)
    ]
    world, enu = scene_of(photos)
    found = world.georeference
    assert found.origin.altitude_m is None
    origin = pycolmap.GPSTransform().ellipsoid_to_enu(
        np.array([[found.origin.latitude, found.origin.longitude, 0.0]]), 47.0, 8.0, 0.0
    )
    np.testing.assert_allclose((enu + origin)[:, :2], ENU[:, :2], atol=0.02)


def test_without_positions_there_is_none():
    world, _ = scene_of([photo(number) for number in range(1, 13)])
    assert world.georeference == Georeference()
    assert (world.georeference.kind, world.georeference.unit) == ("none", "unknown unit")
    assert world.georeference.sentence() == ""


@pytest.mark.slow
def test_two_metres_of_noise_average_out_over_a_survey():
    model, truth = flight(250, strips=10)
    world = orient(model, photos_at(truth, None, noise_m=2.0))
    spread, true_spread = (np.linalg.norm(each.std(axis=0)) for each in (centers_of_model(model), truth))
    assert spread == pytest.approx(true_spread, rel=0.01)
    assert 1.0 < world.georeference.residual_m < 5.0
    assert not world.georeference.is_refined
