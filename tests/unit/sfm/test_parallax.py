import numpy as np
import pycolmap
import pytest

from components.sfm.parallax import shows_depth

DEPTH = pycolmap.TwoViewGeometryConfiguration.CALIBRATED
FLAT = pycolmap.TwoViewGeometryConfiguration.PLANAR_OR_PANORAMIC


def database(path, pairs):
    with pycolmap.Database.open(path) as opened:
        camera_id = opened.write_camera(pycolmap.Camera.create_from_model_name(0, "PINHOLE", 70, 80, 60))
        for number in range(1, 5):
            opened.write_image(
                pycolmap.Image(name=f"{number}.jpg", camera_id=camera_id, image_id=number), use_image_id=True
            )
        for pair, config, count in pairs:
            matches = np.stack([np.arange(count)] * 2, axis=1).astype(np.uint32)
            opened.write_two_view_geometry(
                *pair, pycolmap.TwoViewGeometry(config=config, inlier_matches=matches)
            )
    return path


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([((1, 2), FLAT, 900), ((2, 3), FLAT, 800)], False),
        ([((1, 2), FLAT, 900), ((2, 3), FLAT, 800), ((3, 4), DEPTH, 20)], False),
        ([((1, 2), FLAT, 900), ((2, 3), DEPTH, 100)], True),
        ([], True),
    ],
    ids=["turn", "turn with an accident", "walk", "nothing in common"],
)
def test_depth_is_what_no_plane_and_no_turn_explains(tmp_path, pairs, expected):
    assert shows_depth(database(tmp_path / "features.db", pairs)) is expected
