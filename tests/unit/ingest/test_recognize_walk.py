from pathlib import Path

import numpy as np
import pytest

from components.ingest.check_image import CheckedImage
from components.ingest.recognize_walk import is_walk
from components.ingest.records import ImageRecord


def walk(count=40, name="IMG_{:04d}.jpg", times=False):
    """Thumbnails of a window that moves over a large smooth picture."""
    rng = np.random.default_rng(0)
    wide = np.cumsum(rng.normal(size=(16, 16 + count)), axis=1)
    return [
        CheckedImage(
            ImageRecord(
                name=name.format(number), captured_at=f"2025-06-21T10:00:{number:02d}" if times else None
            ),
            Path("x"),
            thumbnail=wide[:, number : number + 16],
        )
        for number in range(count)
    ]


def shuffled(images):
    thumbnails = [image.thumbnail for image in images]
    for image, index in zip(images, np.random.default_rng(1).permutation(len(images)), strict=True):
        image.thumbnail = thumbnails[index]
    return images


def test_numbered_photos_of_a_path():
    assert is_walk(walk())


def test_thousands_of_photos():
    assert is_walk(walk(3000))
    assert not is_walk(shuffled(walk(3000)))


def test_photos_with_rising_times_may_lie_in_several_folders():
    images = walk(times=True)
    for image in images[20:]:
        image.record.name = f"z/{image.record.name}"
    assert is_walk(images)


def test_without_times_several_folders_are_several_walks():
    images = walk()
    for image in images[20:]:
        image.record.name = f"z/{image.record.name}"
    assert not is_walk(images)


def test_photos_that_do_not_show_what_the_one_before_shows():
    assert not is_walk(shuffled(walk()))


def test_times_that_contradict_the_names():
    images = walk(times=True)
    images[3].record.captured_at, images[30].record.captured_at = (
        images[30].record.captured_at,
        images[3].record.captured_at,
    )
    assert not is_walk(images)


@pytest.mark.parametrize("name", ["{}.jpg", "photo.jpg"])
def test_names_whose_alphabet_is_not_their_order(name):
    images = sorted(walk(name=name), key=lambda image: image.record.name)
    assert not is_walk(images)


def test_a_handful_is_matched_with_each_other_anyway():
    assert not is_walk(walk(count=7))
