import numpy as np
import pycolmap
import pytest

from components.shared.utm import degrees_from_utm


def test_it_agrees_with_colmap_all_over_the_earth():
    rng = np.random.default_rng(0)
    transform = pycolmap.GPSTransform()
    for latitude, longitude in zip(rng.uniform(-80, 84, 200), rng.uniform(-180, 180, 200), strict=True):
        utm, zone = transform.ellipsoid_to_utm(np.array([[latitude, longitude, 0.0]]))
        found = degrees_from_utm(*utm[0, :2], zone, is_north=latitude >= 0)
        assert found == pytest.approx((latitude, longitude), abs=2e-9)
