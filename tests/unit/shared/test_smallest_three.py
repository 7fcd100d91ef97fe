import numpy as np

from components.shared.smallest_three import omit_largest, with_largest


def test_quaternions_come_back_with_the_largest_component_positive():
    quats = np.random.default_rng(0).normal(size=(200, 4))
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    kept, omitted = omit_largest(quats)
    assert set(omitted) == {0, 1, 2, 3}
    assert np.abs(kept).max() <= np.sqrt(0.5)
    signs = np.sign(quats[np.arange(200), omitted])
    np.testing.assert_allclose(with_largest(kept, omitted), quats * signs[:, None], atol=1e-6)


def test_the_others_keep_their_order():
    kept, omitted = omit_largest(np.array([[0.1, 0.2, -0.9, 0.3]]))
    np.testing.assert_array_equal(omitted, [2])
    np.testing.assert_array_equal(kept, [[-0.1, -0.2, -0.3]])


def test_what_is_too_long_leaves_nothing_for_the_largest():
    np.testing.assert_allclose(with_largest(np.array([[0.8, 0.8, 0.8]]), np.array([1])), [[0.8, 0, 0.8, 0.8]])
