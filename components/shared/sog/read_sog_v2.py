"""Version 2 of SOG: codebooks for scales, colours and spherical harmonics."""

from __future__ import annotations

import numpy as np

from components.shared.sog.archive import SogFiles
from components.shared.sog.colors import decode_opacities
from components.shared.sog.damaged import damaged
from components.shared.sog.means import decode_means
from components.shared.sog.meta import Meta
from components.shared.sog.palette import COEFFICIENTS, MAX_ENTRIES, decode_palette, read_palette_image
from components.shared.sog.quats import decode_quats
from components.shared.sog.textures import decode_texels
from components.shared.splats import Splats

ANTIALIASED = "antialiased"
"""The `model` of such scenes in `meta.json`; other models are drawn as if nothing were said."""


def read_sog_v2(files: SogFiles, meta: Meta) -> Splats:
    """Decode all attributes.

    Raises:
        InputError: something is missing or out of its range.
    """
    count = meta.count()

    def texels(section: Meta, index: int, of: int) -> np.ndarray:
        name = section.files(of)[index]
        return decode_texels(name, files.read(name), count)

    means, scales, sh0 = meta.section("means"), meta.section("scales"), meta.section("sh0")
    colors = texels(sh0, 0, 1)
    return Splats(
        means=decode_means(
            texels(means, 0, 2), texels(means, 1, 2), means.numbers("mins", 3), means.numbers("maxs", 3)
        ),
        quats=decode_quats(texels(meta.section("quats"), 0, 1)),
        scales=scales.codebook().astype(np.float32)[texels(scales, 0, 1)[:, :3]],
        opacities=decode_opacities(colors),
        sh0=sh0.codebook().astype(np.float32)[colors[:, :3]],
        shN=_read_harmonics(files, meta, count),
        antialiased=meta.text("model") == ANTIALIASED,
    )


def _read_harmonics(files: SogFiles, meta: Meta, count: int) -> np.ndarray:
    if "shN" not in meta:
        return np.zeros((count, 0, 3), np.float32)
    section = meta.section("shN")
    entries, bands = section.integer("count", 1, MAX_ENTRIES), section.integer("bands", 1, 3)
    centroids, labels = section.files(2)
    palette = read_palette_image(centroids, files.read(centroids))
    if palette.shape[1] != COEFFICIENTS[bands] or len(palette) < entries:
        raise damaged(
            f"{centroids} holds {len(palette):,} entries of {palette.shape[1]} coefficients; "
            f"{entries:,} of {COEFFICIENTS[bands]} are announced"
        )
    return decode_palette(
        palette[:entries], decode_texels(labels, files.read(labels), count), section.codebook()
    )
