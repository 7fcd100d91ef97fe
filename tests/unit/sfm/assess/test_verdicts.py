import numpy as np
import pycolmap
import pytest

from components.sfm.assess.reprojection import errors_px, mean_error_px
from components.sfm.assess.verdicts import (
    Link,
    PhotoStatistics,
    photo_verdicts,
    read_gaps,
    why_not_registered,
)
from components.sfm.features.create_database import create_database
from tests.unit.sfm.sfm_captures import capture_of, model_of, photo, ring


@pytest.mark.parametrize(
    ("statistics", "verdict", "words"),
    [
        (PhotoStatistics(None, None, None), "unreadable", "cannot read this file"),
        (PhotoStatistics(12, None, None), "few features", "only 12 features found, 200 are needed"),
        (PhotoStatistics(900, None, None), "unmatched", "nothing in common"),
        (
            PhotoStatistics(900, Link(17, "b.jpg"), None),
            "unmatched",
            "at most 17 features in common with b.jpg, 30",
        ),
        (
            PhotoStatistics(900, Link(90, "b.jpg"), None),
            "other component",
            "90 features in common with b.jpg",
        ),
        (PhotoStatistics(900, Link(90, "b.jpg"), Link(17, "c.jpg")), "other component", "main scene"),
        (
            PhotoStatistics(900, Link(90, "b.jpg"), Link(60, "c.jpg")),
            "not registered",
            "60 features in common with c",
        ),
    ],
)
def test_the_reason_has_the_numbers_and_the_other_photo(statistics, verdict, words):
    found, reason = why_not_registered(statistics, has_scene=True)
    assert found == verdict
    assert words in reason


def test_photos_that_match_but_show_no_depth_were_taken_from_one_spot():
    verdict, reason = why_not_registered(PhotoStatistics(900, Link(90, "b.jpg"), None), has_scene=False)
    assert verdict == "not registered"
    assert "nearly the same spot" in reason


@pytest.fixture
def database(tmp_path):
    """Photos 1 to 3 in one scene; 4 and 5 fit each other only; 6 shows a wall; 7 was not read."""
    photos = [photo(number) for number in range(1, 8)]
    path = tmp_path / "features.db"
    create_database(path, capture_of(photos), 1600)
    with pycolmap.Database.open(path) as opened:
        for number in range(1, 7):
            count = 0 if number == 6 else 300
            opened.write_keypoints(number, np.zeros((count, 4), np.float32))
        for pair, count in {(1, 2): 120, (2, 3): 80, (4, 5): 60, (3, 4): 20}.items():
            matches = np.stack([np.arange(count)] * 2, axis=1).astype(np.uint32)
            opened.write_two_view_geometry(*pair, pycolmap.TwoViewGeometry(inlier_matches=matches))
    return path, photos


def test_every_photo_gets_a_verdict_in_order(database):
    path, photos = database
    entries = photo_verdicts(path, photos, errors_px(model_of(ring(3))), shows_depth=True, gaps={})
    assert [entry.name for entry in entries] == [each.name for each in photos]
    assert [entry.verdict for entry in entries] == [
        *["registered"] * 3,
        *["other component"] * 2,
        "few features",
        "unreadable",
    ]
    assert "60 features in common with 5.jpg" in entries[3].reason
    assert [entry.best_matches for entry in entries] == [120, 120, 80, 60, 60, 0, 0]


def test_photos_of_another_part_name_the_gap(database):
    path, photos = database
    model = model_of(ring(3))
    gaps = read_gaps(path, photos, model, ordered=False)
    entries = photo_verdicts(path, photos, errors_px(model), shows_depth=True, gaps=gaps)
    assert entries[4].reason == (
        "60 features in common with 4.jpg, but neither is connected to the main scene: "
        "no overlap between 3.jpg and 4.jpg"
    )
    assert "overlap" not in entries[5].reason
    assert read_gaps(path, photos, None, ordered=False) == {}


def observed_model():
    """One point, seen by two cameras 3 px to the right of and 4 px below where it is."""
    model = model_of(ring(2, arc=0.5))
    ids = []
    for image in model.images.values():
        pose = image.cam_from_world().matrix()
        pixel = model.cameras[1].img_from_cam(pose[:, 3][None])[0] + [3.0, 4.0]
        image.points2D = pycolmap.Point2DList([pycolmap.Point2D(pixel)])
        ids.append(image.image_id)
    track = pycolmap.Track([pycolmap.TrackElement(id_, 0) for id_ in ids])
    model.add_point3D(np.zeros(3), track, np.zeros(3, np.uint8))
    return model


def test_reprojection_errors_are_distances_in_pixels(database):
    path, photos = database
    model = observed_model()
    entry = photo_verdicts(path, photos, errors_px(model), shows_depth=True, gaps={})[0]
    assert (entry.points, entry.reprojection_error_px) == (1, pytest.approx(5.0))
    assert mean_error_px(model) == pytest.approx(5.0)
    assert mean_error_px(model_of(ring(2))) is None
