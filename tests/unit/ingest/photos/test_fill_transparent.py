import numpy as np
import pytest
from PIL import Image

from components.ingest.photos.fill_transparent import fill_transparent, visible_mask
from tests.unit.ingest.samples import textured_image


def test_half_opaque_is_visible():
    alpha = Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8))
    assert np.asarray(visible_mask(alpha)).tolist() == [[0, 0, 255, 255]]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_hidden_colours_are_replaced_by_those_of_what_is_visible(mode):
    pixels = np.full((300, 400, 3), (90, 120, 60), np.uint8)
    pixels[:, :150] = (255, 0, 0)
    mask = np.full((300, 400), 255, np.uint8)
    mask[:, :150] = 0
    color = Image.fromarray(pixels).convert(mode)
    filled = np.asarray(fill_transparent(color, Image.fromarray(mask))).reshape(300, 400, -1)
    visible = np.asarray(color).reshape(300, 400, -1)[0, -1].astype(int)
    assert np.abs(filled.astype(int) - visible).max() <= 2


def test_visible_pixels_are_kept_and_the_rest_is_smooth():
    color = textured_image(0, 400, 300)
    y, x = np.mgrid[:300, :400]
    mask = np.where((x - 200) ** 2 + (y - 150) ** 2 < 90**2, 255, 0).astype(np.uint8)
    filled = np.asarray(fill_transparent(color, Image.fromarray(mask)))
    np.testing.assert_array_equal(filled[mask == 255], np.asarray(color)[mask == 255])
    outside = (mask[:, 1:] == 0) & (mask[:, :-1] == 0)
    assert np.abs(np.diff(filled.astype(int), axis=1))[outside].max() < 40


def test_a_photo_without_anything_visible_becomes_gray():
    filled = fill_transparent(Image.new("RGB", (30, 20), "red"), Image.new("L", (30, 20), 0))
    assert filled.getcolors() == [(600, (128, 128, 128))]
