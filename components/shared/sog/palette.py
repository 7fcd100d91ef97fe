"""View-dependent color: f_rest of each Gaussian is an entry of a palette.

One texture holds the palette, with 64 entries a row and one texel per SH coefficient, whose RGB are indices
into a codebook. The other holds the label of each Gaussian, low byte in red and high byte in green.
"""

from __future__ import annotations

import math

import numpy as np

from components.shared.ranges import take_rows
from components.shared.sog.archive import invalid_sog_error
from components.shared.sog.attributes import EncodedAttribute, MetaSection, opaque_texels
from components.shared.sog.codebook import fit_codebook, quantize
from components.shared.sog.open_files import SogFiles
from components.shared.sog.textures import read_image
from components.shared.splats import SH_COEFFICIENTS, sh_degree_of

MAX_ENTRIES = 65536
ENTRIES_PER_ROW = 64

_COEFFICIENTS = [coefficients for coefficients in SH_COEFFICIENTS.values() if coefficients]
_FILES = ("shN_centroids.webp", "shN_labels.webp")


def encode_palette(entries: np.ndarray, labels: np.ndarray) -> EncodedAttribute:
    """Encode palette entries [P, K, 3] and labels [N], the entry of each Gaussian.

    Entries without a Gaussian are dropped.
    """
    entries, labels = sort_entries(entries, labels)
    members = np.bincount(labels, minlength=len(entries))
    codebook = fit_codebook(entries, np.broadcast_to(members[:, None, None], entries.shape))
    return palette_section(codebook, quantize(codebook, entries), labels)


def palette_section(codebook: np.ndarray, indices: np.ndarray, labels: np.ndarray) -> EncodedAttribute:
    """The section of a palette with values of a codebook [256] at indices uint8 [P, K, 3], and labels [N]."""
    count, coefficients = indices.shape[:2]
    image = np.zeros((math.ceil(count / ENTRIES_PER_ROW) * ENTRIES_PER_ROW, coefficients, 4), np.uint8)
    image[:count, :, :3] = indices
    image[:count, :, 3] = 255
    meta: MetaSection = {
        "count": count,
        "bands": sh_degree_of(coefficients),
        "codebook": codebook.tolist(),
        "files": list(_FILES),
    }
    textures = (
        image.reshape(-1, ENTRIES_PER_ROW * coefficients, 4),
        opaque_texels(np.stack([labels & 255, labels >> 8], axis=1)),
    )
    return EncodedAttribute(meta, dict(zip(_FILES, textures, strict=True)))


def sort_entries(entries: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Used entries [U, K, 3] by the median index of their Gaussians, and the new labels [N].

    Neighbors in the file then have similar labels, which compress better.
    """
    # NumPy sorts numbers of 16 bits, which labels are, in linear time.
    by_entry = np.argsort(labels.astype(np.uint16), kind="stable")
    members = np.bincount(labels, minlength=len(entries))
    used, starts = np.flatnonzero(members), np.cumsum(members) - members
    order = np.argsort(by_entry[starts[used] + members[used] // 2], kind="stable")
    new_index = np.zeros(len(entries), np.int64)
    new_index[used[order]] = np.arange(len(used))
    return entries[used[order]], take_rows(new_index, labels)


def read_palette_image(files: SogFiles, name: str) -> np.ndarray:
    """Codebook indices uint8 [P, K, 3] of all entries that the image has room for.

    Raises:
        InputError: the image is damaged, or its width fits no SH degree.
    """
    image = read_image(files, name, max_texels=_COEFFICIENTS[-1] * MAX_ENTRIES)
    coefficients, rest = divmod(image.shape[1], ENTRIES_PER_ROW)
    if rest or coefficients not in _COEFFICIENTS:
        widths = ", ".join(str(ENTRIES_PER_ROW * size) for size in _COEFFICIENTS)
        raise invalid_sog_error(f"{name} is {image.shape[1]:,} texels wide; it must be one of {widths}")
    return image[..., :3].reshape(-1, coefficients, 3)


def decode_section(section: EncodedAttribute) -> np.ndarray:
    """f_rest float32 [N, K, 3] of an encoded palette."""
    codebook, bands = section.meta["codebook"], section.meta["bands"]
    assert isinstance(bands, int)
    image, texels = (section.textures[name] for name in _FILES)
    palette = image[..., :3].reshape(-1, SH_COEFFICIENTS[bands], 3)
    return decode_palette(palette, texels, np.asarray(codebook, np.float64))


def decode_palette(palette: np.ndarray, texels: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """f_rest float32 [N, K, 3] of palette indices [P, K, 3], label texels [N, 4] and a codebook [256].

    Raises:
        InputError: a label is not below P.
    """
    labels = texels[:, 0].astype(np.intp) | texels[:, 1].astype(np.intp) << 8
    if labels.max() >= len(palette):
        raise invalid_sog_error(
            f"a Gaussian has entry {labels.max():,} of a palette of {len(palette):,} entries"
        )
    return take_rows(codebook.astype(np.float32)[palette], labels)
