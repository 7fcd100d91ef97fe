import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.delivered import attribute_errors, orbit, rendered_quality, viewpoints
from benchmarks.sogs_v1 import write_sogs_v1
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats

QUARTER_TURN = Rotation.from_euler("z", 90, degrees=True)


@pytest.fixture(scope="module")
def splats():
    rng = np.random.default_rng(1)
    count = 410

    def draw(*shape, mean=0.0, deviation=1.0):
        return rng.normal(mean, deviation, shape).astype(np.float32)

    return Splats(
        means=draw(count, 3),
        quats=Rotation.random(count, random_state=0).as_quat(scalar_first=True).astype(np.float32),
        scales=draw(count, 3, mean=-2.5, deviation=0.3),
        opacities=draw(count, mean=1.0),
        sh0=draw(count, 3),
        shN=draw(count, 3, 3, deviation=0.1),
    )


def test_an_equal_scene_in_other_order_and_form_has_no_errors(splats):
    turned = (Rotation.from_quat(splats.quats, scalar_first=True) * QUARTER_TURN).as_quat(scalar_first=True)
    same = Splats(
        means=splats.means,
        quats=-turned.astype(np.float32),
        scales=splats.scales[:, [1, 0, 2]],
        opacities=splats.opacities,
        sh0=splats.sh0,
        shN=splats.shN,
    ).select(np.random.default_rng(0).permutation(len(splats)))
    errors = attribute_errors(splats, same)
    assert errors.position == errors.log_scale == errors.f_dc == errors.opacity == 0.0
    assert errors.rotation_degrees < 1e-3
    views = viewpoints(splats, orbit(splats, 2, 64), [None, None])
    assert rendered_quality(same, views).psnr_db > 60
    assert rendered_quality(same, views).drop_db is None


def test_a_turn_is_measured(splats):
    by_a_degree = Rotation.from_euler("x", 1, degrees=True)
    turned = (by_a_degree * Rotation.from_quat(splats.quats, scalar_first=True)).as_quat(scalar_first=True)
    errors = attribute_errors(
        splats,
        Splats(
            splats.means,
            turned.astype(np.float32),
            splats.scales,
            splats.opacities,
            splats.sh0,
            splats.shN,
        ),
    )
    assert errors.rotation_degrees == pytest.approx(1.0, rel=1e-3)


@pytest.mark.slow
def test_the_old_way_drops_what_fills_no_square(splats, tmp_path):
    write_sogs_v1(splats, tmp_path / "old.sog")
    old = read_sog(tmp_path / "old.sog")
    assert len(old) == 400
    assert np.sort(old.opacities)[0] > np.sort(splats.opacities)[5]
    errors = attribute_errors(splats, old)
    assert errors.position < 1e-3
    assert errors.rotation_degrees < 1
    assert errors.f_rest_snr_db > 2
    views = viewpoints(splats, orbit(splats, 2, 64), [None, None])
    assert rendered_quality(old, views).psnr_db > 20
