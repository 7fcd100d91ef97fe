"""Poses of rendered captures of 360° cameras and fisheyes against their exact truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.shared.scene import Scene, View, read_scene
from tests.rendered.captures import fisheye_room, sphere_walk
from tests.rendered.compare_poses import compare_poses
from tests.rendered.truth import Truth
from tests.rendered.views import with_views

pytestmark = pytest.mark.slow

WIDTH = 512


def errors_of(photos: Path, truth: Truth, folder: Path) -> Scene:
    """The scene in `folder`, and the errors of all its views of 360° photos and front views of fisheyes."""
    capture = ingest(str(photos), folder / "capture", IngestSettings())
    info = reconstruct(folder / "capture", folder / "scene", SfmSettings(max_features=2048))
    shown = {image.name: image.shown_name for image in info.images}
    truth = with_views(truth, capture)
    named = replace(truth, views={shown[name]: view for name, view in truth.views.items()}, parts=[])
    errors = compare_poses(folder / "scene", named)
    assert errors.registered_fraction >= 0.95, errors
    assert errors.rotation_degrees.mean() <= 0.1, errors
    assert np.median(errors.position_fractions) <= 0.005, errors
    return read_scene(folder / "scene")


def check_exact(views: list[View]) -> None:
    """Views of 360° photos of 90° have the focal length that they were rendered with."""
    for view in views:
        assert view.camera.K[0, 0] == pytest.approx(view.camera.width / 2, abs=1e-6)
        assert view.camera.K[1, 1] == pytest.approx(view.camera.width / 2, abs=1e-6)


def test_a_walk_with_a_360_camera(tmp_path):
    truth = sphere_walk(tmp_path / "photos", photos=6, width=WIDTH)
    scene = errors_of(tmp_path / "photos", truth, tmp_path)
    assert len(scene.views) == 6 * 8
    held_out = [view.name for view, held in zip(scene.views, scene.held_out(), strict=True) if held]
    assert held_out == [f"PANO_0001/{heading:03d}.jpg" for heading in range(0, 360, 45)]
    check_exact(scene.views)
    for first, second in zip(scene.views[:7], scene.views[1:8], strict=True):
        assert first.camera.center == pytest.approx(second.camera.center, abs=1e-9)


def test_a_circular_fisheye(tmp_path):
    truth = fisheye_room(tmp_path / "photos", photos=10, width=WIDTH)
    scene = errors_of(tmp_path / "photos", truth, tmp_path)
    assert len(scene.views) == 10 * 5
    assert len(scene.points) > 2000


def test_a_360_camera_and_a_fisheye_in_one_room(tmp_path):
    spheres = sphere_walk(tmp_path / "photos", photos=5, width=WIDTH)
    fisheyes = fisheye_room(tmp_path / "photos", photos=8, width=WIDTH)
    truth = replace(spheres, views={**spheres.views, **fisheyes.views}, parts=[])
    scene = errors_of(tmp_path / "photos", truth, tmp_path)
    assert len(scene.views) == 5 * 8 + 8 * 5
    check_exact([view for view in scene.views if view.name.startswith("PANO")])
