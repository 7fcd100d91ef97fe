"""Poses of rendered captures against their exact truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from tests.rendered.catalog import CAPTURES
from tests.rendered.compare_poses import compare_poses

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "photos", "width"),
    [
        ("orbit", 16, 360),
        ("corridor", 16, 360),
        ("two_rooms", 32, 320),
        ("two_cameras", 16, 360),
    ],
)
def test_poses_are_those_of_the_truth(name: str, photos: int, width: int, tmp_path: Path) -> None:
    truth = CAPTURES[name](tmp_path / "photos", photos=photos, width=width)
    ingest(str(tmp_path / "photos"), tmp_path / "capture", IngestSettings())
    reconstruct(tmp_path / "capture", tmp_path / "scene", SfmSettings())
    errors = compare_poses(tmp_path / "scene", truth)
    assert errors.registered_fraction >= 0.95, errors
    assert errors.rotation_degrees.mean() <= 0.1, errors
    assert np.median(errors.position_fractions) <= 0.005, errors
