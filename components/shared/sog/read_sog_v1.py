"""Version 1 of SOG, of the Python package `sogs`: 8 bits between two ends instead of codebooks."""

from __future__ import annotations

import numpy as np

from components.shared.sog.archive import SogFiles
from components.shared.sog.means import decode_means
from components.shared.sog.meta import Meta
from components.shared.sog.palette import decode_palette, read_palette_image
from components.shared.sog.quats import decode_quats
from components.shared.sog.textures import decode_texels
from components.shared.splats import Splats


def read_sog_v1(files: SogFiles, meta: Meta) -> Splats:
    """Decode all attributes. Opacity is a logit here, and lies beside f_dc.

    Raises:
        InputError: something is missing or out of its range.
    """
    means, scales, sh0 = meta.section("means"), meta.section("scales"), meta.section("sh0")
    count = means.shape_count()

    def texels(section: Meta, index: int, of: int) -> np.ndarray:
        name = section.files(of)[index]
        return decode_texels(name, files.read(name), count)

    colors = _between(sh0, texels(sh0, 0, 1))
    return Splats(
        means=decode_means(
            texels(means, 0, 2), texels(means, 1, 2), means.numbers("mins", 3), means.numbers("maxs", 3)
        ),
        quats=decode_quats(texels(meta.section("quats"), 0, 1)),
        scales=_between(scales, texels(scales, 0, 1)[:, :3]),
        opacities=colors[:, 3],
        sh0=colors[:, :3],
        shN=_read_harmonics(files, meta, count),
    )


def _between(section: Meta, texels: np.ndarray) -> np.ndarray:
    """Channels of bytes to float32, each between its own ends."""
    channels = texels.shape[1]
    lows, highs = section.numbers("mins", channels), section.numbers("maxs", channels)
    return (lows + (highs - lows) * (texels / 255.0)).astype(np.float32)


def _read_harmonics(files: SogFiles, meta: Meta, count: int) -> np.ndarray:
    """The number of bands follows from the width of the palette's texture."""
    if "shN" not in meta:
        return np.zeros((count, 0, 3), np.float32)
    section = meta.section("shN")
    centroids, labels = section.files(2)
    values = _between(section, np.arange(256)[:, None])[:, 0]
    palette = read_palette_image(centroids, files.read(centroids))
    return decode_palette(palette, decode_texels(labels, files.read(labels), count), values)
