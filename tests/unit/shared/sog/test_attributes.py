import numpy as np
import pytest

from components.shared.sog.attributes import (
    decode_colors,
    decode_means,
    decode_quats,
    decode_scales,
    encode_colors,
    encode_means,
    encode_quats,
    encode_scales,
    opaque_texels,
    quantize_means,
    quantize_opacities,
)

HALF = 0.5**0.5


def test_opaque_texels_fill_missing_channels_with_0_and_alpha_with_255():
    np.testing.assert_array_equal(opaque_texels(np.array([[7, 8]])), [[7, 8, 0, 255]])


def test_position_codes_span_16_bits_on_each_axis():
    codes, lows, highs = quantize_means(np.array([[0, -1, 5], [np.e - 1, 1, 5]], np.float32))
    np.testing.assert_array_equal(codes, [[0, 0, 0], [65535, 65535, 0]])
    np.testing.assert_allclose(lows, [0, -np.log(2), np.log(6)], rtol=1e-6)
    np.testing.assert_allclose(highs, [1, np.log(2), np.log(6)], rtol=1e-6)


def test_position_codes_are_split_into_low_and_high_bytes():
    encoded = encode_means(np.array([[0x1234, 0, 0xFFFF]], np.uint16), np.zeros(3), np.ones(3))
    np.testing.assert_array_equal(encoded.textures["means_l.webp"], [[0x34, 0, 0xFF, 255]])
    np.testing.assert_array_equal(encoded.textures["means_u.webp"], [[0x12, 0, 0xFF, 255]])
    assert encoded.meta["files"] == ["means_l.webp", "means_u.webp"]
    assert encoded.meta["maxs"] == [1.0, 1.0, 1.0]


def test_positions_are_precise_near_the_origin_and_far_away():
    means = np.array([[-1000, -1, 0.001], [1000, 0.5, 2], [3, 0.01, -40]], np.float32)
    encoded = encode_means(*quantize_means(means))
    low, high = encoded.textures.values()
    decoded = decode_means(low, high, np.array(encoded.meta["mins"]), np.array(encoded.meta["maxs"]))
    spans = np.ptp(np.sign(means) * np.log1p(np.abs(means)), axis=0)
    assert (np.abs(decoded - means) <= (1 + np.abs(means)) * spans * 0.51 / 65535).all()


def test_few_scales_are_stored_without_an_error():
    scales = np.array([[-4.5, -3.25, -2], [-4.5, -4.5, -20]], np.float32)
    encoded = encode_scales(scales)
    codebook = np.array(encoded.meta["codebook"])
    assert len(codebook) == 256
    np.testing.assert_array_equal(decode_scales(encoded.textures["scales.webp"], codebook), scales)


@pytest.mark.parametrize(
    ("quat", "texel"),
    [
        ([1, 0, 0, 0], [128, 128, 128, 252]),
        ([-1, 0, 0, 0], [128, 128, 128, 252]),
        ([0, 1, 0, 0], [128, 128, 128, 253]),
        ([0, 0, 0, 1], [128, 128, 128, 255]),
        ([HALF, HALF, 0, 0], [255, 128, 128, 252]),
        ([0, -HALF, -HALF - 1e-6, 0], [128, 255, 128, 254]),
    ],
)
def test_alpha_names_the_omitted_component_of_a_quaternion(quat, texel):
    np.testing.assert_array_equal(encode_quats(np.array([quat])).textures["quats.webp"], [texel])


def test_decoded_quaternions_have_length_1_and_the_same_rotation():
    quats = np.random.default_rng(0).normal(size=(500, 4))
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    decoded = decode_quats(encode_quats(quats).textures["quats.webp"])
    np.testing.assert_allclose(np.linalg.norm(decoded, axis=1), 1.0, atol=1e-6)
    assert np.abs(np.sum(decoded * quats, axis=1)).min() > 0.9999


def test_an_unknown_alpha_decodes_to_the_identity():
    np.testing.assert_array_equal(decode_quats(np.array([[10, 200, 30, 251]], np.uint8)), [[1, 0, 0, 0]])


def test_alpha_of_colors_is_the_opacity():
    logits = np.array([-np.inf, -20.0, 0.0, np.log(3), np.inf], np.float32)
    np.testing.assert_array_equal(quantize_opacities(logits), [0, 0, 128, 191, 255])


def test_colors_and_opacities_come_back_within_half_a_step():
    rng = np.random.default_rng(1)
    sh0, logits = rng.normal(size=(200, 3)).round(1), rng.normal(size=200)
    encoded = encode_colors(sh0, logits)
    decoded_sh0, decoded_logits = decode_colors(
        encoded.textures["sh0.webp"], np.array(encoded.meta["codebook"])
    )
    np.testing.assert_allclose(decoded_sh0, sh0, atol=1e-6)
    assert np.abs(1 / (1 + np.exp(-decoded_logits)) - 1 / (1 + np.exp(-logits))).max() <= 0.5 / 255 + 1e-6


def test_opacities_of_0_and_1_decode_to_finite_logits():
    texels = np.array([[0, 0, 0, 0], [0, 0, 0, 255]], np.uint8)
    _, logits = decode_colors(texels, np.zeros(256))
    np.testing.assert_allclose(logits, [-13.8155, 13.8155], atol=1e-3)
