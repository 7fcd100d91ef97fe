"""Write Gaussians as SOG version 2, the format of PlayCanvas' viewers."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from components.compress.canonical import canonical_form
from components.compress.compare import compare
from components.compress.drop_unusable import drop_unusable
from components.compress.fit_palette import fit_palette
from components.compress.order import smallest_order
from components.compress.result import SogResult
from components.compress.settings import CompressSettings
from components.shared.files import atomic_path
from components.shared.gpus import check_gpus
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.resources import available_cpus
from components.shared.sog.archive import META, write_archive
from components.shared.sog.colors import encode_colors
from components.shared.sog.encoded import Encoded
from components.shared.sog.means import encode_means, quantize_means
from components.shared.sog.palette import encode_palette
from components.shared.sog.quats import encode_quats
from components.shared.sog.read_sog import read_sog
from components.shared.sog.read_sog_v2 import ANTIALIASED
from components.shared.sog.scales import encode_scales
from components.shared.sog.textures import encode_texture, texture_size
from components.shared.splats import Splats, ply_bytes

_GENERATOR = "kubesplat"
_PALETTE_BEGINS, _PALETTE_ENDS, _WRITTEN = 0.15, 0.8, 0.9
"""Fractions of the whole, as they are in large scenes."""


def write_sog(
    splats: Splats, path: Path, settings: CompressSettings, on_progress: OnProgress = ignore_progress
) -> SogResult:
    """Write a .sog, read it back, and say what that changed. Equal input and settings give equal bytes.

    Raises:
        InputError: no Gaussian can be shown, or more than the format holds.
        GpuError, GpuMissingError: the task asked for a GPU that cannot be used, or is not there.
    """
    started = time.monotonic()
    if settings.device != "cpu":
        check_gpus()
    usable, dropped = drop_unusable(splats)
    texture_size(len(usable))
    on_progress(Progress("sort", 0.02))
    quats, scales = canonical_form(usable.quats, usable.scales)
    usable = replace(usable, quats=quats.astype(np.float32), scales=scales)
    order, sorted_splats, means = _sorted(usable)
    sections = {"means": means, **_encode(sorted_splats, settings, on_progress)}
    on_progress(Progress("write textures", _PALETTE_ENDS))
    files = _files(sorted_splats, sections)
    with atomic_path(path) as temporary:
        write_archive(files, temporary)
        on_progress(Progress("read back", _WRITTEN))
        errors = compare(sorted_splats, read_sog(temporary))
    on_progress(Progress("done", 1.0))
    return SogResult(
        bytes=path.stat().st_size,
        ply_bytes=ply_bytes(splats),
        gaussians=len(usable),
        dropped=dropped,
        order=order,
        palette_entries=sections["shN"].meta["count"] if "shN" in sections else 0,
        file_bytes={name: len(data) for name, data in files.items()},
        errors=errors,
        seconds=time.monotonic() - started,
    )


def _sorted(splats: Splats) -> tuple[str, Splats, Encoded]:
    """The order's name, the Gaussians in it, and their positions encoded."""
    codes, lows, highs = quantize_means(splats.means)
    name, permutation = smallest_order(splats.means, codes)
    return name, splats.select(permutation), encode_means(codes[permutation], lows, highs)


def _encode(splats: Splats, settings: CompressSettings, on_progress: OnProgress) -> dict[str, Encoded]:
    """The other sections of `meta.json`."""
    sections = {
        "scales": encode_scales(splats.scales),
        "quats": encode_quats(splats.quats),
        "sh0": encode_colors(splats.sh0, splats.opacities),
    }
    if splats.sh_degree:

        def on_palette(progress: Progress) -> None:
            span = _PALETTE_ENDS - _PALETTE_BEGINS
            on_progress(replace(progress, fraction=_PALETTE_BEGINS + span * progress.fraction))

        sections["shN"] = encode_palette(*fit_palette(splats, settings, on_palette))
    return sections


def _files(splats: Splats, sections: dict[str, Encoded]) -> dict[str, bytes]:
    """Content of the archive, by name; `meta.json` first."""
    meta: dict[str, Any] = {"version": 2, "asset": {"generator": _GENERATOR}, "count": len(splats)}
    if splats.antialiased:
        meta["model"] = ANTIALIASED
    meta |= {name: section.meta for name, section in sections.items()}
    textures = {name: texels for section in sections.values() for name, texels in section.textures.items()}
    with ThreadPoolExecutor(available_cpus()) as pool:  # Pillow lets go of the interpreter's lock
        encoded = list(pool.map(encode_texture, textures.values()))
    text = json.dumps(meta, separators=(",", ":"), allow_nan=False)
    return {META: text.encode(), **dict(zip(textures, encoded, strict=True))}
