"""Photos at several sizes agree with their cameras; held-out ones are never trained on."""

from collections import Counter

import numpy as np
import pytest
import torch

from components.shared.errors import InputError
from components.train.views import load_views, view_of_step

CPU = torch.device("cpu")


def test_held_out_views_are_apart(posed_scene):
    views = load_views(posed_scene, 96, 8, 2, CPU)
    held_out = {photo.name for photo in views.held_out}
    trained = {photo.name for photo in views.training[0]}
    names = [view.name for view in posed_scene.views]
    assert held_out == set(names[::8])
    assert held_out | trained == set(names)
    assert not held_out & trained


def test_half_size_photos_show_the_same(posed_scene):
    views = load_views(posed_scene, 96, 8, 2, CPU)
    full, half = views.training[0][0], views.training[1][0]
    assert half.pixels.shape == (full.pixels.shape[0] // 2, full.pixels.shape[1] // 2, 3)
    assert half.pixels.dtype == torch.uint8
    assert float(half.pixels.float().mean()) == pytest.approx(float(full.pixels.float().mean()), abs=0.5)
    np.testing.assert_allclose(half.camera.K[:2] * 2, full.camera.K[:2])


def test_too_few_photos_are_an_input_error(posed_scene):
    few = type(posed_scene)(
        posed_scene.root, posed_scene.views[:2], posed_scene.points, posed_scene.point_colors, {}
    )
    with pytest.raises(InputError, match="2 photos"):
        load_views(few, 96, 8, 1, CPU)


def test_each_round_shows_every_photo_once_in_another_order():
    first, second = ([view_of_step(step + start, 7, seed=1) for step in range(7)] for start in (0, 7))
    assert Counter(first) == Counter(second) == Counter(range(7))
    assert first != second
    assert view_of_step(11, 7, seed=1) == second[4]
