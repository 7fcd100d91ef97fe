"""One capture of a 360° camera and a fisheye against its exact truth: cameras, rigs, and what is held out."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.shared.scene import read_scene
from tests.rendered.captures import fisheye_room, sphere_walk
from tests.rendered.compare_poses import compare_poses
from tests.rendered.views import with_views

pytestmark = pytest.mark.slow

WIDTH = 512


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """The scene of 5 panoramas and 8 photos of a circular fisheye, and the errors of its poses."""
    folder = tmp_path_factory.mktemp("room")
    spheres = sphere_walk(folder / "photos", photos=5, width=WIDTH)
    fisheyes = fisheye_room(folder / "photos", photos=8, width=WIDTH)
    truth = replace(spheres, views={**spheres.views, **fisheyes.views}, parts=[])
    capture = ingest(str(folder / "photos"), folder / "capture", IngestSettings())
    info = reconstruct(folder / "capture", folder / "scene", SfmSettings(max_features=2048))
    errors = compare_poses(folder / "scene", with_views(truth, capture, info))
    return read_scene(folder / "scene"), errors


def test_poses_are_those_of_the_truth(room):
    scene, errors = room
    assert errors.registered_fraction >= 0.95, errors
    assert errors.rotation_degrees.mean() <= 0.1, errors
    assert np.median(errors.position_fractions) <= 0.005, errors
    assert len(scene.views) == 8 * 5 + 5 * 8


def test_views_of_360_photos_keep_their_camera_and_their_centre(room):
    views = [view for view in room[0].views if view.name.startswith("PANO")]
    for view in views:
        assert (view.camera.K[0, 0], view.camera.K[1, 1]) == pytest.approx((100, 100), abs=1e-6)
    for first, second in pairwise(views[:8]):
        assert first.camera.center == pytest.approx(second.camera.center, abs=1e-9)


def test_all_views_of_a_photo_are_held_out_together(room):
    scene, _ = room
    held_out = {view.name for view, held in zip(scene.views, scene.held_out(), strict=True) if held}
    fisheye = {f"IMG_0001/{view}.jpg" for view in ("front", "left", "right", "up", "down")}
    assert held_out == fisheye | {f"PANO_0001/{heading:03d}.jpg" for heading in range(0, 360, 45)}
