import io

import numpy as np
import pytest
from PIL import Image

from components.shared.errors import InputError
from components.shared.sog.textures import encode_texture, read_image, read_texels, texture_size
from tests.unit.shared.sog.sog_scenes import Files


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
    np.testing.assert_array_equal(
        read_texels(Files({"sh0.webp": encode_texture(texels)}), "sh0.webp", 1001), texels
    )


def test_an_image_keeps_its_shape():
    image = np.random.default_rng(0).integers(0, 256, (3, 192, 4), np.uint8)
    np.testing.assert_array_equal(
        read_image(Files({"a.webp": encode_texture(image)}), "a.webp", max_texels=576), image
    )


def test_too_few_texels_are_an_error():
    data = encode_texture(np.zeros((4, 4, 4), np.uint8))
    with pytest.raises(InputError, match=r"quats.webp has 4×4 texels, too few for 17 Gaussians"):
        read_texels(Files({"quats.webp": data}), "quats.webp", 17)


def test_an_image_that_is_too_large_is_an_error():
    data = encode_texture(np.zeros((5, 5, 4), np.uint8))
    with pytest.raises(InputError, match=r"a.webp has 5×5 texels; at most 24 fit"):
        read_image(Files({"a.webp": data}), "a.webp", max_texels=24)


def saved(image: Image.Image, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


TEXELS = np.random.default_rng(0).integers(0, 4, (8, 8, 4), np.uint8)


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "LA", "P"])
def test_pngs_of_any_8_bit_mode_are_read(mode):
    image = Image.fromarray(TEXELS).convert(mode)
    expected = np.asarray(image.convert("RGBA")).reshape(-1, 4)
    texels = read_texels(Files({"sh0.png": saved(image)}), "sh0.png", 64)
    np.testing.assert_array_equal(texels, expected)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (saved(Image.fromarray(TEXELS).convert("RGB"), "JPEG"), "is no WebP or PNG image"),
        (saved(Image.new("I;16", (8, 8))), "has pixels of type I;16; 8 bits per channel are needed"),
        (b"", "is no WebP or PNG image"),
        (saved(Image.fromarray(TEXELS))[:60], "sh0.png"),
        (saved(Image.new("RGBA", (6_000, 6_000))), "6,000×6,000 texels; at most"),
    ],
)
def test_other_pictures_are_an_error(data, message):
    with pytest.raises(InputError, match=message):
        read_texels(Files({"sh0.png": data}), "sh0.png", 64)


def test_a_truncated_image_is_an_error():
    data = encode_texture(np.random.default_rng(0).integers(0, 256, (400, 4), np.uint8))
    with pytest.raises(InputError, match=r"scales.webp"):
        read_texels(Files({"scales.webp": data[: len(data) // 2]}), "scales.webp", 400)
