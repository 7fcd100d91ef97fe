import numpy as np
import pycolmap
import pytest

from components.sfm.assess.verified_matches import largest_part, read_matches
from components.sfm.matching.strong_pairs import copy_with_strong_pairs


@pytest.fixture
def database(tmp_path):
    """Photos 1 to 4 in a row, 5 and 6 apart from them; 1 and 4 only look alike."""
    matches = {(1, 2): 800, (2, 3): 500, (3, 4): 900, (1, 4): 200, (5, 6): 60, (4, 5): 12}
    path = tmp_path / "usual.db"
    with pycolmap.Database.open(path) as opened:
        camera = pycolmap.Camera.create_from_model_name(0, "SIMPLE_RADIAL", 100.0, 80, 60)
        camera.camera_id = opened.write_camera(camera)
        for number in range(1, 7):
            image = pycolmap.Image(name=f"{number}.jpg", camera_id=camera.camera_id, image_id=number)
            opened.write_image(image, use_image_id=True)
        for (first, second), count in matches.items():
            geometry = pycolmap.TwoViewGeometry()
            geometry.inlier_matches = np.stack([np.arange(count)] * 2, axis=1).astype(np.uint32)
            opened.write_two_view_geometry(first, second, geometry)
    return path


def test_pairs_that_share_less_than_half_of_the_best_are_left_out(database, tmp_path):
    copy_with_strong_pairs(database, tmp_path / "strong.db")
    assert set(read_matches(tmp_path / "strong.db")) == {(1, 2), (2, 3), (3, 4), (5, 6)}
    assert len(read_matches(database)) == 6


def test_the_largest_part_is_that_of_pairs_with_enough_matches(database):
    assert largest_part(database) == 4


def test_without_pairs_there_is_no_part(tmp_path):
    with pycolmap.Database.open(tmp_path / "empty.db"):
        pass
    assert largest_part(tmp_path / "empty.db") == 0
