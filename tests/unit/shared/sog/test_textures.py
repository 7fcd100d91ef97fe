import io

import numpy as np
import pytest
from PIL import Image

from components.shared.errors import InputError
from components.shared.sog.textures import decode_image, decode_texels, encode_texture, texture_size


@pytest.mark.parametrize(
    ("count", "size"), [(1, (4, 4)), (16, (4, 4)), (17, (8, 4)), (1000, (32, 32)), (1_183_744, (1088, 1088))]
)
def test_textures_are_about_square_in_multiples_of_4(count, size):
    assert texture_size(count) == size


def test_more_gaussians_than_webp_has_texels_are_an_error():
    with pytest.raises(InputError, match=r"textures of 16,384 texels a side; WebP allows 16,383"):
        texture_size(16_380**2 + 1)


def test_texels_come_back_without_a_change():
    texels = np.random.default_rng(0).integers(0, 256, (1001, 4), np.uint8)
    texels[::3, 3] = 0  # colors of invisible texels are data too
    np.testing.assert_array_equal(decode_texels("sh0.webp", encode_texture(texels), 1001), texels)


def test_an_image_keeps_its_shape():
    image = np.random.default_rng(0).integers(0, 256, (3, 192, 4), np.uint8)
    np.testing.assert_array_equal(decode_image("a.webp", encode_texture(image), max_texels=576), image)


def test_too_few_texels_are_an_error():
    data = encode_texture(np.zeros((4, 4, 4), np.uint8))
    with pytest.raises(InputError, match=r"quats.webp has 4×4 texels, too few for 17 Gaussians"):
        decode_texels("quats.webp", data, 17)


def test_an_image_that_is_too_large_is_an_error():
    data = encode_texture(np.zeros((5, 5, 4), np.uint8))
    with pytest.raises(InputError, match=r"a.webp has 5×5 texels; at most 24 fit"):
        decode_image("a.webp", data, max_texels=24)


def test_other_image_formats_are_an_error():
    file = io.BytesIO()
    Image.new("RGBA", (4, 4)).save(file, "PNG")
    with pytest.raises(InputError, match=r"means_l.webp is no WebP image"):
        decode_texels("means_l.webp", file.getvalue(), 16)


def test_a_truncated_image_is_an_error():
    data = encode_texture(np.random.default_rng(0).integers(0, 256, (400, 4), np.uint8))
    with pytest.raises(InputError, match=r"scales.webp"):
        decode_texels("scales.webp", data[: len(data) // 2], 400)
