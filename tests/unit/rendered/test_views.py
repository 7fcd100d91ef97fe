from pathlib import Path

import numpy as np
import pycolmap
import pytest
from PIL import Image

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from tests.rendered.captures import orbit, sphere_walk
from tests.rendered.places import furnished_room
from tests.rendered.render import paint_world
from tests.rendered.views import with_views


@pytest.mark.slow
def test_views_of_panoramas_show_what_a_camera_with_their_pose_sees(tmp_path: Path) -> None:
    truth = sphere_walk(tmp_path / "photos", photos=3, width=800)
    capture = ingest(str(tmp_path / "photos"), tmp_path / "capture", IngestSettings())
    views = with_views(truth, capture)
    assert len(views.views) == len(views.parts[0]) == 3 * 8
    scenery = paint_world(furnished_room(800, seed=0))
    group = capture.camera_groups[0]
    middle = [group.width / 2, group.height / 2]
    params = [group.focal_length_px, group.focal_length_px, *middle]
    camera = pycolmap.Camera(model="PINHOLE", width=group.width, height=group.height, params=params)
    for name in ("PANO_0001/000.jpg", "PANO_0002/135.jpg", "PANO_0003/270.jpg"):
        seen = scenery.photo(camera, views.views[name].cam_from_world).astype(float)
        with Image.open(tmp_path / "capture" / "images" / name) as photo:
            view = np.asarray(photo).astype(float)
        assert np.corrcoef(seen.ravel(), view.ravel())[0, 1] > 0.9


def test_other_photos_are_their_own_views(tmp_path: Path) -> None:
    truth = orbit(tmp_path / "photos", photos=4, width=320)
    capture = ingest(str(tmp_path / "photos"), tmp_path / "capture", IngestSettings())
    assert with_views(truth, capture).parts == truth.parts
    assert with_views(truth, capture).centers == pytest.approx(truth.centers)
