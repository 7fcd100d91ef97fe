import numpy as np

from components.compress.canonical import canonical_form

HALF = 0.5**0.5


def covariances(quats: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """[N, 3, 3] of quaternions wxyz [N, 4] and scales [N, 3]."""
    w, x, y, z = (quats / np.linalg.norm(quats, axis=1, keepdims=True)).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    axes = np.moveaxis(np.array(rows), 2, 0) * scales[:, None, :]
    return axes @ axes.transpose(0, 2, 1)


def test_the_gaussian_stays_the_same():
    rng = np.random.default_rng(0)
    quats, scales = rng.normal(size=(2000, 4)), rng.uniform(0.1, 3.0, (2000, 3))
    canonical, permuted = canonical_form(quats, scales)
    np.testing.assert_allclose(covariances(canonical, permuted), covariances(quats, scales), atol=1e-9)


def test_quaternions_have_length_1_and_the_largest_possible_w():
    quats = np.random.default_rng(1).normal(size=(2000, 4))
    canonical, _ = canonical_form(quats, np.ones((2000, 3)))
    np.testing.assert_allclose(np.linalg.norm(canonical, axis=1), 1.0)
    assert (canonical[:, :1] >= np.abs(canonical[:, 1:]) - 1e-12).all()
    # No rotation is farther than 62.8 degrees from the nearest symmetry of the cube.
    assert canonical[:, 0].min() >= np.cos(np.radians(62.8 / 2)) - 1e-6


def test_a_quarter_turn_becomes_a_permutation_of_the_scales():
    canonical, scales = canonical_form(np.array([[HALF, 0, 0, HALF]]), np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(canonical, [[1, 0, 0, 0]], atol=1e-12)
    np.testing.assert_array_equal(scales, [[2.0, 1.0, 3.0]])


def test_a_quaternion_of_zeros_is_the_identity():
    canonical, scales = canonical_form(np.zeros((1, 4)), np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_array_equal(canonical, [[1, 0, 0, 0]])
    np.testing.assert_array_equal(scales, [[1.0, 2.0, 3.0]])


def test_the_arguments_are_not_changed():
    quats, scales = np.array([[0.0, 2.0, 0.0, 0.0]]), np.array([[1.0, 2.0, 3.0]])
    canonical_form(quats, scales)
    np.testing.assert_array_equal(quats, [[0, 2, 0, 0]])
    np.testing.assert_array_equal(scales, [[1, 2, 3]])
