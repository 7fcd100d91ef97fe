import numpy as np
import pytest
from PIL import Image, ImageFilter

from components.ingest.photos.measure_sharpness import luminance, measure_sharpness
from tests.unit.ingest.samples import textured_image


def of(image):
    return measure_sharpness(np.asarray(image.convert("L"), np.float32))


def test_blur_of_any_kind_lowers_it():
    sharp = textured_image(1)
    pixels = np.asarray(sharp, np.float32)
    assert of(sharp.filter(ImageFilter.GaussianBlur(1.5))) < 0.1 * of(sharp)
    for direction in ((0, 1), (1, 0), (1, 1), (1, -1)):
        moved = np.mean([np.roll(pixels, (n * direction[0], n * direction[1]), (0, 1)) for n in range(12)], 0)
        assert of(Image.fromarray(moved.astype(np.uint8))) < 0.1 * of(sharp)


def test_exposure_and_contrast_do_not():
    gray = np.asarray(textured_image(1).convert("L"), np.float32)
    assert measure_sharpness(gray * 0.3 + 20) == pytest.approx(measure_sharpness(gray), rel=1e-3)


def test_a_blank_picture_has_none():
    assert measure_sharpness(np.full((100, 100), 7, np.float32)) is None


def test_a_checkerboard_has_the_most_along_rows_and_columns():
    board = (np.indices((64, 64)).sum(0) % 2).astype(np.float32)
    assert measure_sharpness(board) == pytest.approx(0.0)  # its diagonals are constant
    noise = np.random.default_rng(0).normal(size=(400, 400)).astype(np.float32)
    assert measure_sharpness(noise) == pytest.approx(6.0, rel=0.05)  # 1 + 1 + 2²


def test_the_luminance_of_a_large_jpeg_is_made_small(tmp_path):
    textured_image(1).resize((3600, 2700)).save(tmp_path / "x.jpg", quality=90)
    with Image.open(tmp_path / "x.jpg") as image:
        gray = luminance(image)
    assert gray.shape == (1200, 1600)
    with Image.open(tmp_path / "x.jpg") as image:
        full = np.asarray(image.convert("L").resize((1600, 1200), Image.Resampling.BOX), np.float32)
    assert np.abs(gray - full).mean() < 2.0
