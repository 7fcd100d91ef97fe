"""One extreme Gaussian costs only itself: all others keep the precision that they have without it."""

import numpy as np
import pytest

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from tests.unit.shared.sog.sog_scenes import random_splats

SETTINGS = CompressSettings(max_palette_entries=256)


def scene(**changes):
    """3,000 Gaussians; a change is an attribute with an index and the value there."""
    splats = random_splats(3000, 3)
    for name, (index, value) in changes.items():
        getattr(splats, name)[index] = value
    return splats


def errors(splats, path):
    result = write_sog(splats, path, SETTINGS)
    return result, result.errors


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return errors(scene(), tmp_path_factory.mktemp("clean") / "scene.sog")[1]


@pytest.mark.parametrize(
    ("changes", "left_out", "limited"),
    [
        ({"sh0": ((5, 0), 1e5)}, 0, 1),
        ({"sh0": ((5, 0), -1e20)}, 0, 1),
        ({"sh0": ((5, 0), 20.0)}, 0, 0),
        ({"shN": ((5, 0, 0), 1e5)}, 0, 1),
        ({"shN": ((5, 0, 0), 5.0)}, 0, 0),
        ({"scales": ((5, 0), 80.0)}, 1, 0),
        ({"scales": ((5, 0), 30.0)}, 0, 1),
        ({"scales": ((5, 0), -1e30)}, 0, 0),
        ({"scales": ((5, 0), -np.inf)}, 0, 0),
        ({"means": ((5, 0), 1e30)}, 1, 0),
        ({"means": ((5, 0), 1e6)}, 1, 0),
        ({"means": ((5, 0), np.nan)}, 1, 0),
        ({"quats": ((5,), 0.0)}, 0, 0),
    ],
)
def test_the_others_keep_their_precision(clean, tmp_path, changes, left_out, limited):
    result, found = errors(scene(**changes), tmp_path / "scene.sog")
    assert (result.left_out.total, result.limited) == (left_out, limited)
    assert result.gaussians == 3000 - left_out
    assert found.position <= clean.position * 1.01
    assert found.log_scale <= clean.log_scale * 1.2
    assert found.f_dc <= clean.f_dc * 1.15
    assert found.rotation_degrees <= clean.rotation_degrees * 1.01
    assert found.opacity <= clean.opacity * 1.01
    # One Gaussian of energy above all others would raise the ratio: only a loss counts.
    assert found.f_rest_snr_db >= clean.f_rest_snr_db - 0.3


def test_a_sky_widens_the_positions_by_a_small_factor(clean, tmp_path):
    splats = scene()
    splats.means[5], splats.scales[5] = [1e4, 0, 0], 5.0
    result, found = errors(splats, tmp_path / "scene.sog")
    assert result.left_out.total == 0
    assert found.position <= clean.position * 4


@pytest.mark.parametrize("count", [300, 3000])
def test_several_outliers_of_growing_size_cost_little(tmp_path, count):
    splats = random_splats(count, 0)
    without = write_sog(splats, tmp_path / "a.sog", SETTINGS).errors
    splats.sh0[:4, 0] = [30.0, 60.0, 1e3, 1e5]
    with_them = write_sog(splats, tmp_path / "b.sog", SETTINGS).errors
    own = 4 * 50 / (3 * count)  # the four may differ from their entries
    assert with_them.f_dc <= without.f_dc * 1.3 + own
