"""A rendered flight from photos to a scene in metres, by noisy GPS and by RTK from a table."""

from pathlib import Path

import numpy as np
import pycolmap
import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.capture import read_capture
from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.sfm.world.orient import orient
from components.shared.contracts.scene import SceneInfo
from tests.rendered.compare_poses import compare_poses
from tests.rendered.survey import GPS_ORIGIN, survey
from tests.rendered.truth import Truth

pytestmark = pytest.mark.slow

PHOTOS, WIDTH, WRONG = 30, 320, 4
RTK_M = 0.02


@pytest.fixture(scope="module")
def flown(tmp_path_factory) -> tuple[Truth, Path, SceneInfo]:
    """The truth, the folder of capture and scene, and `scene.json`: EXIF has 2 m of noise, a table RTK."""
    folder = tmp_path_factory.mktemp("survey")
    truth = survey(folder / "photos", photos=PHOTOS, width=WIDTH)
    (folder / "photos" / "geo.txt").write_text(_table(truth))
    ingest(str(folder / "photos"), folder / "capture", IngestSettings())
    settings = SfmSettings(min_points=300)
    return truth, folder, reconstruct(folder / "capture", folder / "scene", settings)


def _table(truth: Truth) -> str:
    """In UTM as OpenDroneMap reads it, with one photo 50 m off."""
    enu = truth.centers + RTK_M * np.random.default_rng(0).standard_normal((PHOTOS, 3))
    enu[WRONG] += [40.0, 30.0, 0.0]
    transform = pycolmap.GPSTransform()
    utm, zone = transform.ellipsoid_to_utm(transform.enu_to_ellipsoid(enu, *GPS_ORIGIN))
    rows = [
        f"{name} {x:.4f} {y:.4f} {z:.4f} 0 0 0 {RTK_M} {RTK_M}"
        for name, (x, y, z) in zip(truth.views, utm.tolist(), strict=True)
    ]
    return "\n".join([f"WGS84 UTM {zone}N", *rows])


def test_rtk_of_a_table_makes_the_scene_metric_and_names_the_wrong_photo(flown):
    truth, folder, info = flown
    assert info.capture.notes == [
        "The positions of 30 photos are from geo.txt, not from EXIF: EPSG:32632 (UTM), converted to degrees."
    ]
    errors = compare_poses(folder / "scene", truth)
    assert errors.registered_fraction >= 0.95
    assert errors.rotation_degrees.mean() <= 0.1
    assert np.median(errors.position_fractions) <= 0.005
    assert errors.scale == pytest.approx(1.0, rel=1e-3)
    georeference = info.world.georeference
    assert georeference.is_refined
    assert georeference.residual_m < 0.05
    assert georeference.left_out == [list(truth.views)[WRONG]]
    assert (info.world.unit, georeference.positions) == ("metre", PHOTOS - 1)


def test_the_scene_is_where_the_flight_was(flown):
    truth, folder, info = flown
    model = pycolmap.Reconstruction(str(folder / "scene" / "sparse"))
    back = np.array(info.world.capture_from_scene)
    origin = info.world.georeference.origin
    for image in model.images.values():
        enu = back[:3, :3] @ image.projection_center() + back[:3, 3]
        place = pycolmap.GPSTransform().enu_to_ellipsoid(
            enu[None], origin.latitude, origin.longitude, origin.altitude_m
        )
        found = pycolmap.GPSTransform().ellipsoid_to_enu(place, *GPS_ORIGIN)[0]
        assert np.linalg.norm(found - truth.views[image.name].center) < 0.2


def test_gps_with_two_metres_of_noise_gives_the_scale_to_a_hundredth(flown, tmp_path):
    truth, folder, _ = flown
    (folder / "photos" / "geo.txt").rename(tmp_path / "geo.txt")
    ingest(str(folder / "photos"), tmp_path / "capture", IngestSettings())
    photos = read_capture(tmp_path / "capture").photos
    model = pycolmap.Reconstruction(str(folder / "scene" / "sparse"))
    model.transform(pycolmap.Sim3d(0.1, pycolmap.Rotation3d(np.array([0.1, 0.2, 0.3])), np.ones(3)))
    world = orient(model, photos)
    assert compare_poses(model, truth).scale == pytest.approx(1.0, rel=0.01)
    assert 1.0 < world.georeference.residual_m < 5.0
