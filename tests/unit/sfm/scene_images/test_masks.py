"""Masked pixels have no features, and stay masked in the scene."""

import numpy as np
import pycolmap
import pytest
from PIL import Image

from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.shared.scene import load_mask, read_scene
from tests.unit.sfm.sfm_captures import make_capture

pytestmark = pytest.mark.slow

HIDDEN = 0.25


@pytest.fixture(scope="module")
def scene(small_demo, tmp_path_factory):
    """The left quarter of all photos but the first is hidden."""
    folder = tmp_path_factory.mktemp("masked")
    photos = {path.name: path for path in sorted(small_demo.folder.glob("*.jpg"))}
    masks = {}
    for name, path in list(photos.items())[1:]:
        width, height = Image.open(path).size
        pixels = np.full((height, width), 255, np.uint8)
        pixels[:, : round(HIDDEN * width)] = 0
        masks[name] = Image.fromarray(pixels)
    capture = make_capture(photos, folder / "capture", masks=masks)
    reconstruct(capture, folder / "scene", SfmSettings(min_points=300))
    return read_scene(folder / "scene")


def test_each_masked_photo_has_an_undistorted_mask_of_its_size(scene):
    first, *others = scene.views
    assert load_mask(scene, first, first.camera.width, first.camera.height) is None
    for view in others:
        valid = load_mask(scene, view, view.camera.width, view.camera.height)
        assert valid.shape == (view.camera.height, view.camera.width)
        assert valid.mean() == pytest.approx(1 - HIDDEN, abs=0.03)
        assert not valid[:, : round((HIDDEN - 0.05) * valid.shape[1])].any()


def test_no_point_is_seen_where_a_photo_is_masked(scene):
    model = pycolmap.Reconstruction(scene.root / "sparse")
    seen = 0
    for view in scene.views[1:]:
        image = next(image for image in model.images.values() if image.name == view.name)
        x = np.array([point.xy[0] for point in image.points2D if point.has_point3D()])
        assert x.min() > (HIDDEN - 0.01) * view.camera.width
        seen += len(x)
    assert seen > 1_000
