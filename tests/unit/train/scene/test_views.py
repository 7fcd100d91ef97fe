"""Photos at several sizes agree with their cameras; held-out ones are never trained on."""

import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from components.shared.errors import InputError
from components.train.scene.views import load_views, view_of_step

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
    few = replace(posed_scene, views=posed_scene.views[:2])
    with pytest.raises(InputError, match="2 photos"):
        load_views(few, 96, 8, 1, CPU)


def test_each_round_shows_every_photo_once_in_another_order():
    first, second = ([view_of_step(step + start, 7, seed=1) for step in range(7)] for start in (0, 7))
    assert Counter(first) == Counter(second) == Counter(range(7))
    assert first != second
    assert view_of_step(11, 7, seed=1) == second[4]


def test_transparent_photos_bring_their_opacity_and_opaque_ones_none(posed_scene, tmp_path):
    posed_scene = replace(posed_scene, root=shutil.copytree(posed_scene.root, tmp_path / "scene"))
    rng = np.random.default_rng(0)
    names = [view.name for view in posed_scene.views[1:4]]
    rgba = {name: rng.integers(0, 256, size=(72, 96, 4), dtype=np.uint8) for name in names}
    rgba[names[1]][..., 3] = 255
    for name, pixels in rgba.items():
        Image.fromarray(pixels).save(posed_scene.root / "images" / name)
    views = load_views(posed_scene, 48, 8, 2, CPU)
    photos = {photo.name: photo for photo in views.training[0]}
    assert [photos[name].alpha is None for name in names] == [False, True, False]
    blocks = rgba[names[0]].astype(float).reshape(36, 2, 48, 2, 4)
    alpha = blocks[..., 3:]
    clear = photos[names[0]]
    np.testing.assert_allclose(clear.alpha, alpha.mean(axis=(1, 3))[..., 0], atol=1.01)
    white = clear.composite(CPU, torch.ones(3))
    expected = (blocks[..., :3] * alpha / 255 + 255 - alpha).mean(axis=(1, 3))
    np.testing.assert_allclose(white, expected, atol=2.0)
    assert views.training[1][0].alpha.shape == (18, 24)
