"""Structure from motion on real photos."""

import pytest

from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from tests.unit.sfm.sfm_captures import make_capture


@pytest.mark.slow
def test_the_castle(shared_data, tmp_path):
    photos = sorted((shared_data / "captures" / "castle").glob("*.JPG"))
    capture = make_capture({photo.name: photo for photo in photos}, tmp_path / "capture")
    info = reconstruct(capture, tmp_path / "scene", SfmSettings())
    assert info.registered == 11
    assert info.points >= 8000
    assert info.reprojection_error_px <= 0.7
