import numpy as np

from components.shared.focus_of_attention import focus_of_attention

ANGLES = 2 * np.pi * np.arange(8) / 8
CIRCLE = np.stack([np.sin(ANGLES), np.zeros(8), np.cos(ANGLES)], axis=1)


def test_cameras_around_a_subject_look_at_it():
    subject = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(focus_of_attention(subject + 2 * CIRCLE, -CIRCLE), subject, atol=1e-12)


def test_a_camera_that_looks_past_shifts_the_point_a_little():
    directions = -CIRCLE.copy()
    directions[0] = [np.sin(0.1), 0.0, -np.cos(0.1)]
    focus = focus_of_attention(2 * CIRCLE, directions)
    assert 0.01 < np.linalg.norm(focus) < 0.1


def test_parallel_and_diverging_axes_have_no_such_point():
    ahead = np.tile([0.0, 0.0, 1.0], (8, 1))
    assert focus_of_attention(CIRCLE, ahead) is None
    assert focus_of_attention(CIRCLE, CIRCLE) is None
