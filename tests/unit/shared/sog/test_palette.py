import numpy as np
import pytest

from components.shared.errors import InputError
from components.shared.sog.palette import decode_palette, encode_palette, read_palette_image
from components.shared.sog.textures import encode_texture
from tests.unit.shared.sog.sog_scenes import Files


def test_entries_are_ordered_by_the_gaussians_that_use_them():
    entries = np.arange(3 * 3 * 3, dtype=np.float32).reshape(3, 3, 3)
    encoded = encode_palette(entries, np.array([2, 2, 0, 0]))
    assert encoded.meta["count"] == 2  # entry 1 has no Gaussian
    labels = encoded.textures["shN_labels.webp"]
    np.testing.assert_array_equal(labels, [[0, 0, 0, 255], [0, 0, 0, 255], [1, 0, 0, 255], [1, 0, 0, 255]])


@pytest.mark.parametrize(("coefficients", "degree"), [(3, 1), (8, 2), (15, 3)])
def test_a_palette_comes_back_through_its_image(coefficients, degree):
    rng = np.random.default_rng(degree)
    entries = rng.integers(-8, 8, (70, coefficients, 3)).astype(np.float32) / 16
    labels = rng.permutation(np.arange(700) % 70)
    encoded = encode_palette(entries, labels)
    assert encoded.meta["bands"] == degree
    image = encoded.textures["shN_centroids.webp"]
    assert image.shape == (2, 64 * coefficients, 4)  # 64 entries a row, 70 in all
    palette = read_palette_image(Files({"a.webp": encode_texture(image)}), "a.webp")
    texels, codebook = encoded.textures["shN_labels.webp"], np.array(encoded.meta["codebook"])
    np.testing.assert_array_equal(decode_palette(palette, texels, codebook), entries[labels])


def test_labels_have_16_bits():
    palette = np.zeros((0x1235, 3, 3), np.uint8)
    palette[0x1234] = 7
    codebook = np.arange(256.0)
    decoded = decode_palette(palette, np.array([[0x34, 0x12, 0, 255]], np.uint8), codebook)
    np.testing.assert_array_equal(decoded, np.full((1, 3, 3), 7.0))


def test_a_label_beyond_the_palette_is_an_error():
    with pytest.raises(InputError, match="entry 64 of a palette of 64 entries"):
        decode_palette(np.zeros((64, 3, 3), np.uint8), np.array([[64, 0, 0, 255]], np.uint8), np.zeros(256))


def test_a_width_that_fits_no_sh_degree_is_an_error():
    image = np.zeros((1, 100, 4), np.uint8)
    with pytest.raises(InputError, match="100 texels wide; it must be one of 192, 512, 960"):
        read_palette_image(Files({"a.webp": encode_texture(image)}), "a.webp")
