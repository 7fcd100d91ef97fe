"""SOG version 2: codebooks for scales, colors and spherical harmonics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from components.shared.resources import available_cpus
from components.shared.sog.archive import META, invalid_sog_error
from components.shared.sog.attributes import decode_colors, decode_means, decode_quats, decode_scales
from components.shared.sog.meta import Meta
from components.shared.sog.open_files import SogFiles
from components.shared.sog.palette import MAX_ENTRIES, decode_palette, read_palette_image
from components.shared.sog.textures import read_texels
from components.shared.splats import SH_COEFFICIENTS, Splats, sh_degree_of

ANTIALIASED = "antialiased"
"""`model` in `meta.json` of a scene with opacity compensation; any other value has no effect."""


def read_sog_v2(files: SogFiles, meta: Meta) -> Splats:
    """Decode all attributes.

    Raises:
        InputError: a file or value is missing or invalid.
    """
    scene = files, meta, meta.count()
    with ThreadPoolExecutor(available_cpus(), initializer=_ignore_infinities) as pool:
        # Pillow and NumPy release the GIL.
        colors, means = pool.submit(_read_colors, *scene), pool.submit(_read_means, *scene)
        quats, scales = pool.submit(_read_quats, *scene), pool.submit(_read_scales, *scene)
        rest = pool.submit(_read_sh, *scene)
        sh0, opacities = colors.result()
        return Splats(
            means=means.result(),
            quats=quats.result(),
            scales=scales.result(),
            opacities=opacities,
            sh0=sh0,
            shN=rest.result(),
            antialiased=meta.text("model") == ANTIALIASED,
        )


def _ignore_infinities() -> None:
    """In a thread of its own, which does not know of its caller's `np.errstate`."""
    np.seterr(over="ignore", invalid="ignore")


def _read_means(files: SogFiles, meta: Meta, count: int) -> np.ndarray:
    section = meta.section("means")
    low, high = (read_texels(files, name, count) for name in section.files(2))
    return decode_means(low, high, section.numbers("mins", 3), section.numbers("maxs", 3))


def _read_quats(files: SogFiles, meta: Meta, count: int) -> np.ndarray:
    return decode_quats(_only_texels(files, meta.section("quats"), count))


def _read_scales(files: SogFiles, meta: Meta, count: int) -> np.ndarray:
    section = meta.section("scales")
    return decode_scales(_only_texels(files, section, count), section.codebook())


def _read_colors(files: SogFiles, meta: Meta, count: int) -> tuple[np.ndarray, np.ndarray]:
    section = meta.section("sh0")
    return decode_colors(_only_texels(files, section, count), section.codebook())


def _only_texels(files: SogFiles, section: Meta, count: int) -> np.ndarray:
    """Texels of a section with one texture, uint8 [count, 4]."""
    return read_texels(files, section.files(1)[0], count)


def _read_sh(files: SogFiles, meta: Meta, count: int) -> np.ndarray:
    """f_rest float32 [N, K, 3]; what `count` and `bands` do not say follows from the palette's texture."""
    if "shN" not in meta or meta.section("shN").is_zero("bands"):
        return np.zeros((count, 0, 3), np.float32)
    section = meta.section("shN")
    centroids, labels = section.files(2)
    palette = read_palette_image(files, centroids)
    degree = section.integer("bands", 1, 3) if "bands" in section else sh_degree_of(palette.shape[1])
    entries = section.integer("count", 1, MAX_ENTRIES) if "count" in section else len(palette)
    if palette.shape[1] != SH_COEFFICIENTS[degree] or len(palette) < entries:
        raise invalid_sog_error(
            f"{centroids} holds {len(palette):,} entries of {palette.shape[1]} coefficients; {META} says "
            f"{entries:,} of {SH_COEFFICIENTS[degree]}"
        )
    return decode_palette(palette[:entries], read_texels(files, labels, count), section.codebook())
