"""SOG version 1, of the Python package `sogs`: channels are linear between two limits, without codebooks."""

from __future__ import annotations

import numpy as np

from components.shared.sog.attributes import decode_means, decode_quats
from components.shared.sog.meta import Meta
from components.shared.sog.open_files import SogFiles
from components.shared.sog.palette import decode_palette, read_palette_image
from components.shared.sog.textures import read_texels
from components.shared.splats import Splats


def read_sog_v1(files: SogFiles, meta: Meta) -> Splats:
    """Decode all attributes. Alpha of `sh0` is the opacity's logit here, not the opacity.

    Raises:
        InputError: a file or value is missing or invalid.
    """
    means, scales, sh0 = meta.section("means"), meta.section("scales"), meta.section("sh0")
    count = means.shape_count()

    def texels(section: Meta, index: int, of: int) -> np.ndarray:
        name = section.files(of)[index]
        return read_texels(files, name, count)

    colors = _dequantize(sh0, texels(sh0, 0, 1))
    return Splats(
        means=decode_means(
            texels(means, 0, 2), texels(means, 1, 2), means.numbers("mins", 3), means.numbers("maxs", 3)
        ),
        quats=decode_quats(texels(meta.section("quats"), 0, 1)),
        scales=_dequantize(scales, texels(scales, 0, 1)[:, :3]),
        opacities=colors[:, 3],
        sh0=colors[:, :3],
        shN=_read_sh(files, meta, count),
    )


def _dequantize(section: Meta, channels: np.ndarray) -> np.ndarray:
    """Values float32 [N, C] of bytes [N, C], each channel linear between its `mins` and `maxs`."""
    count = channels.shape[1]
    lows, highs = section.numbers("mins", count), section.numbers("maxs", count)
    return (lows + (highs - lows) * (channels / 255.0)).astype(np.float32)


def _read_sh(files: SogFiles, meta: Meta, count: int) -> np.ndarray:
    """f_rest float32 [N, K, 3]; the SH degree follows from the width of the palette's texture."""
    if "shN" not in meta:
        return np.zeros((count, 0, 3), np.float32)
    section = meta.section("shN")
    centroids, labels = section.files(2)
    codebook = _dequantize(section, np.arange(256)[:, None])[:, 0]
    palette = read_palette_image(files, centroids)
    return decode_palette(palette, read_texels(files, labels, count), codebook)
