"""Positions, scales, rotations and colors of N Gaussians as texels, and back.

A texel is one RGBA pixel of 8 bits per channel and belongs to one Gaussian.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from components.shared.ranges import in_ranges
from components.shared.smallest_three import omit_largest, with_largest
from components.shared.sog.codebook import fit_codebook, quantize
from components.shared.splats import logits_of_opacities, opacities_of_logits

MetaSection = dict[str, int | list[float] | list[str]]
"""One section of `meta.json`."""

_MAX_CODE = 65535
"""Largest code of a position, 16 bits an axis."""
_ALPHA_OF_W = 252
"""Alpha where w is the omitted component of a quaternion; 253, 254 and 255 stand for x, y and z."""
QUAT_STEP = math.sqrt(2.0) / 255
"""What one code of a quaternion's component stands for."""


@dataclass(frozen=True, slots=True)
class EncodedAttribute:
    """A section of `meta.json` and the textures that it names.

    Each texture is texels uint8 [N, 4] in the order of the Gaussians, or an image uint8 [H, W, 4].
    """

    meta: MetaSection
    textures: dict[str, np.ndarray]


def opaque_texels(values: np.ndarray) -> np.ndarray:
    """Texels uint8 [N, 4] of integers [N, 1 to 3] in [0, 255]; other colors are 0 and alpha is 255."""
    texels = np.zeros((len(values), 4), np.uint8)
    texels[:, : values.shape[1]] = values
    texels[:, 3] = 255
    return texels


def quantize_means(means: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes uint16 [N, 3] of positions [N, 3], and smallest and largest log position, float64 [3] each."""
    positions, lows, highs = mean_positions(means)
    return np.rint(positions).astype(np.uint16), lows, highs


def mean_positions(means: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact codes float64 [N, 3] of positions [N, 3]; smallest and largest log position, float64 [3] each.

    The log of a coordinate x is sign(x)·ln(1 + |x|). Codes are linear in it between the two limits.
    """
    positions, limits = np.empty(means.shape), list[tuple[np.ndarray, np.ndarray]]()

    def fill(start: int, stop: int) -> None:
        some = means[start:stop]
        logs = np.sign(some) * np.log1p(np.abs(some, dtype=np.float64))
        positions[start:stop] = logs
        limits.append((logs.min(axis=0), logs.max(axis=0)))

    in_ranges(fill, len(means))
    lows, highs = np.min([low for low, _ in limits], axis=0), np.max([high for _, high in limits], axis=0)
    spans = np.where(highs > lows, highs - lows, 1.0)

    def scale(start: int, stop: int) -> None:
        positions[start:stop] = (positions[start:stop] - lows) / spans * _MAX_CODE

    in_ranges(scale, len(means))
    return positions, lows, highs


def mean_steps(means: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> np.ndarray:
    """What one code stands for at positions [N, 3], in scene units, float64 [N, 3]."""
    return np.asarray((highs - lows) / _MAX_CODE * (1.0 + np.abs(means, dtype=np.float64)))


def encode_means(codes: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> EncodedAttribute:
    """Encode the results of `quantize_means`: the low and the high bytes of the codes in a texture each."""
    return EncodedAttribute(
        {"mins": lows.tolist(), "maxs": highs.tolist(), "files": ["means_l.webp", "means_u.webp"]},
        {"means_l.webp": opaque_texels(codes & 255), "means_u.webp": opaque_texels(codes >> 8)},
    )


def decode_means(
    low_texels: np.ndarray, high_texels: np.ndarray, lows: np.ndarray, highs: np.ndarray
) -> np.ndarray:
    """Positions float32 [N, 3] of the texels [N, 4] of low and high bytes."""
    means = np.empty((len(low_texels), 3), np.float32)

    def fill(start: int, stop: int) -> None:
        low, high = (each[start:stop, :3].astype(np.float64) for each in (low_texels, high_texels))
        with np.errstate(over="ignore", invalid="ignore"):  # limits beyond float32 are no error
            logs = lows + (highs - lows) * ((low + high * 256) / _MAX_CODE)
            means[start:stop] = np.sign(logs) * np.expm1(np.abs(logs))

    in_ranges(fill, len(means))
    return means


def encode_scales(scales: np.ndarray) -> EncodedAttribute:
    """Encode log scales [N, 3] by a codebook, one byte an axis."""
    codebook = fit_codebook(scales)
    return scales_section(codebook, quantize(codebook, scales))


def scales_section(codebook: np.ndarray, indices: np.ndarray) -> EncodedAttribute:
    """The section of log scales that are entries of a codebook [256] at indices uint8 [N, 3]."""
    meta: MetaSection = {"codebook": codebook.tolist(), "files": ["scales.webp"]}
    return EncodedAttribute(meta, {"scales.webp": opaque_texels(indices)})


def decode_scales(texels: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Log scales float32 [N, 3] of texels [N, 4] and a codebook [256]."""
    return codebook.astype(np.float32)[texels[:, :3]]


def encode_quats(quats: np.ndarray) -> EncodedAttribute:
    """Encode unit quaternions wxyz [N, 4]: the three smallest components in RGB, the omitted one in alpha.

    The quaternion's sign is chosen so that the omitted component is positive.
    """
    positions, omitted = quat_positions(quats)
    return quats_section(np.rint(positions), omitted)


def quat_positions(quats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exact codes float64 [N, 3] in [0, 255] of the three smallest components, and the index of the omitted.

    A change of 1 is one of `QUAT_STEP` of the component.
    """
    positions, omitted = np.empty((len(quats), 3)), np.empty(len(quats), np.intp)

    def fill(start: int, stop: int) -> None:
        kept, omitted[start:stop] = omit_largest(quats[start:stop])
        positions[start:stop] = np.clip(kept * math.sqrt(0.5) + 0.5, 0.0, 1.0) * 255

    in_ranges(fill, len(quats))
    return positions, omitted


def quats_section(codes: np.ndarray, omitted: np.ndarray) -> EncodedAttribute:
    """The section of quaternions with whole codes [N, 3] in [0, 255] and omitted components [N]."""
    texels = np.empty((len(codes), 4), np.uint8)
    texels[:, :3] = codes
    texels[:, 3] = _ALPHA_OF_W + omitted
    return EncodedAttribute({"files": ["quats.webp"]}, {"quats.webp": texels})


def decode_quats(texels: np.ndarray) -> np.ndarray:
    """Unit quaternions wxyz, float32 [N, 4], of texels [N, 4].

    An unknown alpha gives the identity, as in viewers.
    """
    quats = np.empty((len(texels), 4), np.float32)

    def fill(start: int, stop: int) -> None:
        some = texels[start:stop]
        is_known = some[:, 3] >= _ALPHA_OF_W
        omitted = np.where(is_known, some[:, 3].astype(np.intp) - _ALPHA_OF_W, 0)
        kept = (some[:, :3] / 255.0 * 2.0 - 1.0) * math.sqrt(0.5) * is_known[:, None]
        quats[start:stop] = with_largest(kept, omitted)

    in_ranges(fill, len(quats))
    return quats


def encode_colors(sh0: np.ndarray, opacities: np.ndarray) -> EncodedAttribute:
    """Encode f_dc [N, 3] by a codebook in RGB, and opacity logits [N] as opacities in alpha."""
    codebook = fit_codebook(sh0)
    return colors_section(codebook, quantize(codebook, sh0), quantize_opacities(opacities))


def colors_section(codebook: np.ndarray, indices: np.ndarray, alphas: np.ndarray) -> EncodedAttribute:
    """The section of f_dc, entries of a codebook [256] at indices uint8 [N, 3], and of alphas uint8 [N]."""
    texels = np.concatenate([indices, alphas[:, None]], axis=1).astype(np.uint8)
    return EncodedAttribute({"codebook": codebook.tolist(), "files": ["sh0.webp"]}, {"sh0.webp": texels})


def quantize_opacities(opacities: np.ndarray) -> np.ndarray:
    """Alpha uint8 [N] of opacity logits [N]; 0 is invisible."""
    return np.rint(opacities_of_logits(opacities) * 255).astype(np.uint8)


def decode_colors(texels: np.ndarray, codebook: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f_dc float32 [N, 3] and opacity logits float32 [N], of texels [N, 4] and a codebook [256]."""
    return codebook.astype(np.float32)[texels[:, :3]], logits_of_opacities(texels[:, 3] / 255.0)
