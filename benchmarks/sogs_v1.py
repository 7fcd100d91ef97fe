"""A SOG of version 1, as the Python package `sogs` writes it: PLAS, linear ranges, a square picture.

Channels are linear between their smallest and largest value, k-means is not weighted, and Gaussians that do
not fill a square are dropped, the most transparent ones first.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from components.compress.order.plas.numba_grid import NumbaGrid
from components.compress.order.plas.sort import plas_order
from components.shared.kmeans import cluster
from components.shared.move_splats import unit_quats
from components.shared.sog.archive import META, write_archive
from components.shared.sog.attributes import encode_means, encode_quats, opaque_texels, quantize_means
from components.shared.sog.palette import ENTRIES_PER_ROW
from components.shared.sog.textures import encode_texture
from components.shared.splats import Splats

_MAX_ENTRIES = 65536


def write_sogs_v1(splats: Splats, path: Path) -> None:
    """Write a file that `read_sog` reads."""
    side = math.isqrt(len(splats))
    splats = splats.select(np.argsort(-splats.opacities, kind="stable")[: side**2])
    splats = splats.select(plas_order(_features(splats), side, NumbaGrid))
    sections: dict[str, Section] = {
        "means": _means(splats.means),
        "scales": _linear("scales", splats.scales),
        "quats": (encode_quats(unit_quats(splats.quats)).textures, {"files": ["quats.webp"]}),
        "sh0": _linear("sh0", np.concatenate([splats.sh0, splats.opacities[:, None]], axis=1)),
    }
    if splats.sh_degree:
        sections["shN"] = _palette(splats.shN)
    meta = {name: {"shape": [len(splats)], **section} for name, (_, section) in sections.items()}
    textures = {name: texels for each, _ in sections.values() for name, texels in each.items()}
    files = {name: encode_texture(texels) for name, texels in textures.items()}
    write_archive({META: json.dumps(meta).encode(), **files}, path)


Section = tuple[dict[str, np.ndarray], dict[str, object]]
"""Textures by file name, and what `meta.json` says."""


def _features(splats: Splats) -> np.ndarray:
    """All attributes but f_rest, each with mean 0 and deviation 1."""
    columns = [splats.means, splats.scales, unit_quats(splats.quats), splats.sh0, splats.opacities[:, None]]
    values = np.concatenate(columns, axis=1)
    return (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-6)


def _means(means: np.ndarray) -> Section:
    encoded = encode_means(*quantize_means(means))
    return encoded.textures, dict(encoded.meta)


def _linear(name: str, values: np.ndarray) -> Section:
    levels, limits = _quantize(values, values.min(axis=0), values.max(axis=0))
    texels = levels if levels.shape[1] == 4 else opaque_texels(levels)
    return {f"{name}.webp": texels}, {**limits, "files": [f"{name}.webp"]}


def _quantize(
    values: np.ndarray, lows: np.ndarray, highs: np.ndarray
) -> tuple[np.ndarray, dict[str, list[float]]]:
    """Bytes of values, linear between the limits, and these limits for `meta.json`."""
    levels = np.rint((values - lows) / np.maximum(highs - lows, 1e-12) * 255).astype(np.uint8)
    return levels, {"mins": np.atleast_1d(lows).tolist(), "maxs": np.atleast_1d(highs).tolist()}


def _palette(shN: np.ndarray) -> Section:
    count, coefficients = shN.shape[:2]
    size = min(_MAX_ENTRIES, 2 ** max(6, int(math.log2(count))))
    clusters = cluster(shN.reshape(count, -1), np.ones(count), size)
    entries, labels = clusters.centers, clusters.labels
    levels, limits = _quantize(entries, entries.min(), entries.max())
    rows = math.ceil(len(entries) / ENTRIES_PER_ROW)
    image = np.zeros((rows * ENTRIES_PER_ROW, coefficients, 4), np.uint8)
    image[: len(entries), :, :3] = levels.reshape(-1, coefficients, 3)
    image[..., 3] = 255
    textures = {
        "shN_centroids.webp": image.reshape(rows, -1, 4),
        "shN_labels.webp": opaque_texels(np.stack([labels & 255, labels >> 8], axis=1)),
    }
    return textures, {**limits, "files": list(textures)}
