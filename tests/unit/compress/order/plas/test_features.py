import numpy as np

from components.compress.order.plas.features import plas_features
from components.shared.sog.attributes import quantize_means
from components.shared.splats import Splats


def splats(count=500):
    rng = np.random.default_rng(2)
    quats = rng.normal(size=(count, 4))
    return Splats(
        means=rng.normal(size=(count, 3)).astype(np.float32),
        quats=(quats / np.linalg.norm(quats, axis=1, keepdims=True)).astype(np.float32),
        scales=rng.normal(-4, 1, (count, 3)).astype(np.float32),
        opacities=rng.normal(size=count).astype(np.float32),
        sh0=rng.normal(size=(count, 3)).astype(np.float32),
        shN=np.zeros((count, 0, 3), np.float32),
    )


def test_one_extreme_gaussian_does_not_flatten_the_others():
    usual, extreme = splats(), splats()
    extreme.scales[0] = 20.0
    extreme.opacities[0] = np.inf
    codes, _, _ = quantize_means(usual.means)
    before, after = (plas_features(each, codes) for each in (usual, extreme))
    assert np.isfinite(after).all()
    np.testing.assert_allclose(after[1:], before[1:], atol=0.1)


def test_equal_values_have_no_range():
    same = splats()
    same.sh0[:] = 0.3
    assert np.isfinite(plas_features(same, quantize_means(same.means)[0])).all()
