from datetime import datetime
from pathlib import Path

import numpy as np
import pycolmap
import pytest
from PIL import Image

from components.ingest.metadata.read_exif import Exif, read_exif
from tests.rendered.catalog import CAPTURES, capture_named
from tests.rendered.survey import GPS_ORIGIN

_SMALL = {"photos": 6, "width": 160}


@pytest.mark.parametrize("name", CAPTURES)
def test_the_truth_has_every_photo_in_the_order_of_time(name: str, tmp_path: Path) -> None:
    truth = CAPTURES[name](tmp_path, **_SMALL)
    assert sorted(truth.views) == sorted(path.name for path in tmp_path.iterdir())
    assert [each for part in truth.parts for each in part] == list(truth.views)
    exifs = [_exif(tmp_path / each) for each in truth.views]
    times = [datetime.fromisoformat(exif.captured_at or "") for exif in exifs]
    assert times == sorted(set(times))
    for view, exif, each in zip(truth.views.values(), exifs, truth.views, strict=True):
        with Image.open(tmp_path / each) as photo:
            assert photo.size == (view.camera.width, view.camera.height)
            assert np.asarray(photo).std() > 2
        rotation = view.cam_from_world[:, :3]
        assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1.0)
        if view.camera.model_name == "PINHOLE":
            focal = exif.focal_length_px(view.camera.width, view.camera.height)
            assert focal == pytest.approx(view.camera.focal_length_x, rel=1e-6)


def _exif(path: Path) -> Exif:
    with Image.open(path) as photo:
        return read_exif(photo, path)


def test_portrait_photos_are_upright_by_their_orientation(tmp_path: Path) -> None:
    truth = CAPTURES["two_cameras"](tmp_path, **_SMALL)
    up = {
        _exif(tmp_path / name).orientation: -view.cam_from_world[:, :3] @ [0.0, 0.0, -1.0]
        for name, view in truth.views.items()
    }
    assert up[1][1] < -0.8  # up in the world is up in the photo
    assert up[6][0] < -0.8  # and to the left where it is to be turned clockwise


def test_positions_of_a_survey_are_within_their_noise_of_the_truth(tmp_path: Path) -> None:
    truth = CAPTURES["survey"](tmp_path, photos=40, width=64)
    gps = [_exif(tmp_path / name).gps for name in truth.views]
    wgs84 = np.array([[each.latitude, each.longitude, each.altitude_m] for each in gps if each])
    measured = pycolmap.GPSTransform().ellipsoid_to_enu(wgs84, *GPS_ORIGIN)
    errors = measured - truth.centers
    assert len(errors) == 40
    assert errors.std() == pytest.approx(2.0, rel=0.25)
    assert np.abs(errors.mean(axis=0)).max() < 1.0


def test_panoramas_are_marked_as_such(tmp_path: Path) -> None:
    CAPTURES["sphere_walk"](tmp_path, **_SMALL)
    assert b'GPano:ProjectionType="equirectangular"' in next(tmp_path.iterdir()).read_bytes()


def test_parts_are_of_different_worlds_and_numbers_run_on(tmp_path: Path) -> None:
    truth = CAPTURES["two_parts"](tmp_path, photos=10, width=160)
    assert [len(part) for part in truth.parts] == [6, 4]
    assert truth.parts[0][-1] == "IMG_0417.jpg"
    assert truth.parts[1][0] == "IMG_0418.jpg"
    assert truth.only(truth.parts[1]).centers == pytest.approx(truth.centers[6:])


def test_captures_are_found_by_name_and_number(tmp_path: Path) -> None:
    assert len(capture_named("low_texture-3")(tmp_path).views) == 3
    with pytest.raises(ValueError, match="no capture 'orbits': known are orbit, corridor"):
        capture_named("orbits")
