"""View-dependent colour: each Gaussian's f_rest is the nearest entry of a palette.

One texture holds the palette, 64 entries a row and one texel per coefficient, RGB by a codebook;
the other holds each Gaussian's entry, the low byte in red and the high byte in green.
"""

from __future__ import annotations

import math

import numpy as np

from components.shared.sog.codebook import fit_codebook, nearest
from components.shared.sog.damaged import damaged
from components.shared.sog.encoded import Encoded, opaque
from components.shared.sog.textures import decode_image

COEFFICIENTS = {1: 3, 2: 8, 3: 15}
"""Per colour channel, by the number of bands."""
MAX_ENTRIES = 65536

_ROW = 64
_FILES = ("shN_centroids.webp", "shN_labels.webp")


def encode_palette(entries: np.ndarray, labels: np.ndarray) -> Encoded:
    """Palette entries [P, K, 3], and the entry of each Gaussian in file order, [N]."""
    entries, labels = _in_file_order(entries, labels)
    members = np.bincount(labels, minlength=len(entries))
    codebook = fit_codebook(entries, np.broadcast_to(members[:, None, None], entries.shape))
    count, coefficients = entries.shape[:2]
    image = np.zeros((math.ceil(count / _ROW) * _ROW, coefficients, 4), np.uint8)
    image[:count, :, :3] = nearest(codebook, entries)
    image[:count, :, 3] = 255
    meta = {
        "count": count,
        "bands": {size: bands for bands, size in COEFFICIENTS.items()}[coefficients],
        "codebook": codebook.tolist(),
        "files": list(_FILES),
    }
    textures = (
        image.reshape(-1, _ROW * coefficients, 4),
        opaque(np.stack([labels & 255, labels >> 8], axis=1)),
    )
    return Encoded(meta, dict(zip(_FILES, textures, strict=True)))


def _in_file_order(entries: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sort used entries by their members' median position in the file: labels nearby become alike."""
    by_entry = np.argsort(labels, kind="stable")
    used, starts, members = np.unique(labels[by_entry], return_index=True, return_counts=True)
    order = np.argsort(by_entry[starts + members // 2], kind="stable")
    new_index = np.zeros(len(entries), np.int64)
    new_index[used[order]] = np.arange(len(used))
    return entries[used[order]], new_index[labels]


def read_palette_image(name: str, data: bytes) -> np.ndarray:
    """Bytes of all entries there is room for, uint8 [P, K, 3].

    Raises:
        InputError: the image is damaged, or its width fits no number of coefficients.
    """
    image = decode_image(name, data, max_texels=COEFFICIENTS[3] * MAX_ENTRIES)
    coefficients, rest = divmod(image.shape[1], _ROW)
    if rest or coefficients not in COEFFICIENTS.values():
        widths = ", ".join(str(_ROW * size) for size in COEFFICIENTS.values())
        raise damaged(f"{name} is {image.shape[1]:,} texels wide; it must be one of {widths}")
    return image[..., :3].reshape(-1, coefficients, 3)


def decode_palette(palette: np.ndarray, labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """f_rest float32 [N, K, 3] of the palette's bytes [P, K, 3] and the labels' texels [N, 4].

    `values` [256] are what the bytes stand for.

    Raises:
        InputError: a label names no entry.
    """
    entry = labels[:, 0].astype(np.intp) | labels[:, 1].astype(np.intp) << 8
    if entry.max() >= len(palette):
        raise damaged(f"a Gaussian has entry {entry.max():,} of a palette of {len(palette):,}")
    return values.astype(np.float32)[palette][entry]
