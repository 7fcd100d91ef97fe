"""Cropped copies are found in their originals, and other photos of another size are not."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from benchmarks import small_steps
from benchmarks.copies import encoded, shrunk
from components.ingest.compare.find_crops import find_crops, has_border
from components.ingest.photos.measure_sharpness import luminance
from components.ingest.photos.preview import make_preview

EDITS = {
    "nine tenths": lambda photo: encoded(photo.crop((20, 10, 452, 334))),
    "two thirds": lambda photo: encoded(photo.crop((140, 60, 460, 300))),
    "16:9": lambda photo: encoded(photo.crop((0, 45, 480, 315))),
    "square": lambda photo: encoded(photo.crop((80, 0, 440, 360))),
    "upright": lambda photo: encoded(photo.crop((150, 0, 390, 360))),
    "shrunk and recoloured": lambda photo: shrunk(
        ImageEnhance.Contrast(photo.crop((60, 40, 420, 340))).enhance(1.3), 320
    ),
    "with a black border": lambda photo: framed(shrunk(photo, 400), (0, 0, 0)),
    "with a white border": lambda photo: framed(shrunk(photo, 400), (255, 255, 255)),
}


def framed(photo, colour):
    screen = Image.new("RGB", (420, 800), colour)
    screen.paste(photo, (10, 200))
    return encoded(screen)


def found(photos):
    previews = [make_preview(luminance(photo.copy())).pixels for photo in photos]
    return find_crops(previews, [photo.size for photo in photos])


@pytest.fixture
def shots(small_demo):
    return [Image.open(path).convert("RGB") for path in sorted(small_demo.folder.glob("*.jpg"))[::3]]


@pytest.mark.parametrize("edit", EDITS)
def test_cropped_and_framed_copies_name_their_originals(shots, edit):
    assert found([*shots, EDITS[edit](shots[2]), EDITS[edit](shots[0])]) == {4: 2, 5: 0}


def test_crops_of_photos_that_are_not_there_stay(shots):
    assert found([*shots[1:], EDITS["nine tenths"](shots[0])]) == {}


def test_photos_of_one_size_are_not_compared(shots):
    assert found([shots[0], shots[0].crop((48, 36, 432, 324)).resize(shots[0].size)]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("move", small_steps.MOVES)
def test_a_crop_of_a_photo_one_step_away_stays(move):
    for scene, place in small_steps.scenes().values():
        before, after = (small_steps.photo(scene, place, move, step) for step in (0.0, 0.01))
        assert found([before, after.crop((40, 30, 600, 450))]) == {}


def test_a_border_is_flat(shots):
    assert not has_border(np.asarray(shots[0].convert("L")))
    assert has_border(np.asarray(EDITS["with a black border"](shots[0]).convert("L")))
