"""Copies of a photo are found; photos of a camera that took a small step are not taken for copies."""

import time

import numpy as np
import pytest
from PIL import Image

from benchmarks import small_steps
from benchmarks.copies import COPIES, grainy
from components.ingest.compare.find_twins import find_twins
from components.ingest.photos.measure_sharpness import luminance
from components.ingest.photos.preview import make_preview


def preview(photo):
    return make_preview(luminance(photo.copy()))


@pytest.fixture(scope="module")
def scenes():
    return small_steps.scenes()


@pytest.fixture
def shots(small_demo):
    return [Image.open(path).convert("RGB") for path in sorted(small_demo.folder.glob("*.jpg"))[::3]]


@pytest.mark.parametrize("way", COPIES)
def test_copies_are_found_and_other_shots_are_not(shots, way):
    previews = [preview(shot) for shot in shots] + [preview(COPIES[way](shot)) for shot in shots]
    assert find_twins(previews) == {len(shots) + index: index for index in range(len(shots))}


@pytest.mark.parametrize("turns", range(8))
def test_every_orientation_is_found(shots, turns):
    mirrored = shots[0].transpose(Image.Transpose.FLIP_LEFT_RIGHT) if turns > 3 else shots[0]
    turned = mirrored.rotate(90 * (turns % 4), expand=True)
    assert find_twins([preview(shots[0]), preview(shots[1]), preview(turned)]) == {2: 0}


@pytest.mark.slow
@pytest.mark.parametrize("look", small_steps.LOOKS)
@pytest.mark.parametrize("name", ["room", "objects on black", "brick wall"])
def test_a_step_of_a_hundredth_of_the_distance_is_another_photo(scenes, name, look):
    scene, place = scenes[name]
    before = preview(small_steps.LOOKS[look](small_steps.photo(scene, place), 1))
    for move in small_steps.MOVES:
        after = small_steps.photo(scene, place, move, 0.01)
        assert find_twins([before, preview(small_steps.LOOKS[look](after, 2))]) == {}, move


@pytest.mark.slow
def test_a_slow_walk_is_not_a_chain_of_copies(scenes):
    scene, place = scenes["room"]
    steps = [0.002 * index for index in range(11)]
    previews = [preview(small_steps.photo(scene, place, "orbit", step)) for step in steps]
    kept = [index for index in range(len(steps)) if index not in find_twins(previews)]
    assert len(kept) >= 4
    assert max(np.diff(kept)) <= 5


def test_copies_of_copies_name_the_one_that_stays(shots):
    burst = [preview(grainy(shots[0], 5, seed)) for seed in range(4)]
    assert find_twins(burst) == {1: 0, 2: 0, 3: 0}


def test_photos_that_are_always_kept_are_not_compared_with_each_other(shots):
    assert find_twins([preview(shots[0])] * 3, always_kept=2) == {2: 0}


def test_blank_photos_are_no_copies_of_each_other():
    black = Image.new("RGB", (320, 240))
    assert find_twins([preview(black), preview(black)]) == {}


def test_copies_that_were_squeezed_are_found_and_crops_to_their_shape_are_not(shots):
    squeezed, cropped = shots[0].resize((360, 360)), shots[0].crop((60, 0, 420, 360))
    assert find_twins([preview(shots[0]), preview(squeezed), preview(cropped)]) == {1: 0}


def test_a_strip_is_too_narrow_to_compare():
    strip = Image.effect_noise((4000, 200), 60)
    assert find_twins([preview(strip), preview(strip)]) == {}


@pytest.mark.slow
def test_ten_thousand_photos_take_seconds():
    rng = np.random.default_rng(0)
    blotches = [Image.fromarray(rng.integers(0, 256, (9, 12), np.uint8)) for _ in range(10_000)]
    previews = [preview(image.resize((256, 192), Image.Resampling.BICUBIC)) for image in blotches]
    started = time.process_time()
    assert find_twins([*previews, *previews[:100]]) == {10_000 + index: index for index in range(100)}
    assert time.process_time() - started < 60
