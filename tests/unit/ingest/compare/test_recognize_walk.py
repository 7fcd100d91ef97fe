from pathlib import Path

import numpy as np
import pytest

from components.ingest.compare.recognize_walk import is_walk
from components.ingest.photos.check_image import CheckedImage
from components.ingest.photos.preview import make_preview
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import CaptureImage


def walk(count=40, name="IMG_{:04d}.jpg", times=False):
    """Previews of a window that moves over a large smooth image."""
    rng = np.random.default_rng(0)
    wide = np.cumsum(rng.normal(size=(16, 16 + count)), axis=1).astype(np.float32)
    images = []
    for number in range(count):
        source = SourceFile(name.format(number), Path("x"))
        time = f"2025-06-21T10:00:{number:02d}" if times else None
        preview = make_preview(wide[:, number : number + 16])
        info = CaptureImage(name=source.name, captured_at=time)
        images.append(CheckedImage(source, info, Path("x"), preview=preview))
    return images


def shuffled(images):
    previews = [image.preview for image in images]
    for image, index in zip(images, np.random.default_rng(1).permutation(len(images)), strict=True):
        image.preview = previews[index]
    return images


def test_numbered_photos_of_a_path():
    assert is_walk(walk())


def test_thousands_of_photos():
    assert is_walk(walk(3000))
    assert not is_walk(shuffled(walk(3000)))


def test_photos_with_rising_times_may_lie_in_several_folders():
    images = walk(times=True)
    for image in images[20:]:
        image.update(name=f"z/{image.info.name}")
    assert is_walk(images)


def test_without_times_several_folders_are_several_walks():
    images = walk()
    for image in images[20:]:
        image.update(name=f"z/{image.info.name}")
    assert not is_walk(images)


def test_photos_that_do_not_show_what_the_one_before_shows():
    assert not is_walk(shuffled(walk()))


def test_times_that_contradict_the_names():
    images = walk(times=True)
    early, late = images[3].info.captured_at, images[30].info.captured_at
    images[3].update(captured_at=late)
    images[30].update(captured_at=early)
    assert not is_walk(images)


@pytest.mark.parametrize("name", ["{}.jpg", "photo.jpg"])
def test_names_whose_alphabet_is_not_their_order(name):
    images = sorted(walk(name=name), key=lambda image: image.info.name)
    assert not is_walk(images)


def test_a_handful_is_matched_with_each_other_anyway():
    assert not is_walk(walk(count=7))
