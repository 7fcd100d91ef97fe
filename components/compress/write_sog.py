"""Write Gaussians as a .sog, SOG version 2."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from components.compress.canonical import canonical_form
from components.compress.compare import compare
from components.compress.drop_unusable import drop_unusable
from components.compress.fit_palette import fit_palette
from components.compress.order.choose import OrderName, choose_order
from components.compress.result import SogResult
from components.compress.settings import CompressSettings
from components.shared.files import atomic_path
from components.shared.gpus import check_gpus
from components.shared.progress import OnProgress, Progress, ignore_progress, within
from components.shared.resources import available_cpus
from components.shared.sog.archive import META, write_archive
from components.shared.sog.attributes import (
    EncodedAttribute,
    encode_colors,
    encode_means,
    encode_quats,
    encode_scales,
    quantize_means,
)
from components.shared.sog.palette import encode_palette
from components.shared.sog.read_sog import read_sog
from components.shared.sog.read_sog_v2 import ANTIALIASED
from components.shared.sog.textures import encode_texture, texture_size
from components.shared.splats import Splats, ply_bytes
from components.shared.versions import installed_versions

_GENERATOR = "kubesplat"
_PACKAGES = ("kubesplat", "numpy", "pillow", "torch")
"""Packages that decide the bytes of a .sog."""
_PALETTE_START, _PALETTE_END, _WRITTEN = 0.15, 0.8, 0.9
"""Fractions of the whole time, as measured on large scenes."""


def write_sog(
    splats: Splats, path: Path, settings: CompressSettings, on_progress: OnProgress = ignore_progress
) -> SogResult:
    """Write a .sog, read it back and measure the errors. Equal Gaussians and settings give equal bytes.

    Raises:
        InputError: no Gaussian can be shown, or there are more than the format holds.
        GpuError, GpuMissingError: the task requests a GPU that torch cannot use, or that is not there.
    """
    started = time.monotonic()
    if settings.device != "cpu":
        check_gpus()
    selected = drop_unusable(splats)
    usable = selected.splats
    texture_size(len(usable))  # raises before any work if there are too many
    on_progress(Progress("sort", 0.02))
    quats, scales = canonical_form(usable.quats, usable.scales)
    usable = replace(usable, quats=quats.astype(np.float32), scales=scales)
    order, ordered, means = _sort(usable, settings, within(on_progress, 0.02, _PALETTE_START))
    sections, files = _encode_in_order(ordered, means, settings, on_progress)
    with atomic_path(path) as temporary:
        write_archive(files, temporary)
        on_progress(Progress("read back", _WRITTEN))
        errors = compare(ordered, read_sog(temporary))
    on_progress(Progress("done", 1.0))
    return SogResult(
        bytes=path.stat().st_size,
        ply_bytes=ply_bytes(splats),
        gaussians=len(usable),
        left_out=selected.left_out,
        limited=selected.limited,
        order=order,
        palette_entries=_palette_entries(sections),
        file_bytes={name: len(data) for name, data in files.items()},
        errors=errors,
        seconds=time.monotonic() - started,
        versions=installed_versions(*_PACKAGES),
    )


def encode_sog(
    splats: Splats, settings: CompressSettings, on_progress: OnProgress = ignore_progress
) -> dict[str, bytes]:
    """Content of the files of an unbundled SOG by name, `meta.json` first, with Gaussians in the given order.

    `splats` are those of `drop_unusable`.
    """
    quats, scales = canonical_form(splats.quats, splats.scales)
    splats = replace(splats, quats=quats.astype(np.float32), scales=scales)
    means = encode_means(*quantize_means(splats.means))
    return _encode_in_order(splats, means, settings, on_progress)[1]


def _encode_in_order(
    splats: Splats, means: EncodedAttribute, settings: CompressSettings, on_progress: OnProgress
) -> tuple[dict[str, EncodedAttribute], dict[str, bytes]]:
    """All attributes by their section in `meta.json`, and the content of the files by name."""
    sections = {"means": means, **_encode(splats, settings, on_progress)}
    on_progress(Progress("write textures", _PALETTE_END))
    return sections, _files(splats, sections)


def _sort(
    splats: Splats, settings: CompressSettings, on_progress: OnProgress
) -> tuple[OrderName, Splats, EncodedAttribute]:
    """Name of the chosen order, the Gaussians in this order, and their encoded positions."""
    codes, lows, highs = quantize_means(splats.means)
    name, permutation = choose_order(splats, codes, settings, on_progress)
    return name, splats.select(permutation), encode_means(codes[permutation], lows, highs)


def _encode(
    splats: Splats, settings: CompressSettings, on_progress: OnProgress
) -> dict[str, EncodedAttribute]:
    """All attributes but the positions, by their section in `meta.json`."""
    sections = {
        "scales": encode_scales(splats.scales),
        "quats": encode_quats(splats.quats),
        "sh0": encode_colors(splats.sh0, splats.opacities),
    }
    if splats.sh_degree:
        on_palette = within(on_progress, _PALETTE_START, _PALETTE_END)
        sections["shN"] = encode_palette(*fit_palette(splats, settings, on_palette))
    return sections


def _palette_entries(sections: dict[str, EncodedAttribute]) -> int:
    if "shN" not in sections:
        return 0
    count = sections["shN"].meta["count"]
    assert isinstance(count, int)
    return count


def _files(splats: Splats, sections: dict[str, EncodedAttribute]) -> dict[str, bytes]:
    """Content of the archive by file name; `meta.json` comes first."""
    meta = {
        "version": 2,
        "asset": {"generator": _GENERATOR},
        "count": len(splats),
        **({"model": ANTIALIASED} if splats.antialiased else {}),
        **{name: section.meta for name, section in sections.items()},
    }
    textures = {name: texels for section in sections.values() for name, texels in section.textures.items()}
    with ThreadPoolExecutor(available_cpus()) as pool:  # Pillow releases the GIL while it encodes
        encoded = list(pool.map(encode_texture, textures.values()))
    text = json.dumps(meta, separators=(",", ":"), allow_nan=False)
    return {META: text.encode(), **dict(zip(textures, encoded, strict=True))}
