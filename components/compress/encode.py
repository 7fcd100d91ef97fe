"""Prepared Gaussians -> the files of a SOG in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from components.compress.distinct_rows import DistinctRows
from components.compress.fit_palette import fit_palette
from components.compress.order.choose import OrderName, choose_order
from components.compress.prepare import Prepared, in_canonical_form
from components.compress.rate.attributes import attribute_makers, encode_rated_palette, mean_codes
from components.compress.rate.fidelity import Fidelity
from components.compress.settings import CompressSettings
from components.compress.visible.directions import compensated_sh0
from components.compress.visible.sensitivity import Sensitivity
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress, ignore_progress, within
from components.shared.ranges import take_rows
from components.shared.resources import available_cpus
from components.shared.sog.archive import META, archive_bytes
from components.shared.sog.attributes import (
    EncodedAttribute,
    encode_colors,
    encode_means,
    encode_quats,
    encode_scales,
    quantize_means,
)
from components.shared.sog.palette import decode_section, encode_palette
from components.shared.sog.read_sog_v2 import ANTIALIASED
from components.shared.sog.textures import encode_texture
from components.shared.splats import Splats

_GENERATOR = "kubesplat"
_SORTED, _PALETTE_END = 0.15, 0.85
"""Fractions of the time, as measured on large scenes."""

Makers = dict[str, Callable[[], EncodedAttribute]]
"""What makes each section of `meta.json`, by its name. They are called side by side, in threads."""


@dataclass(frozen=True, slots=True)
class EncodedScene:
    """files: content of the archive by name; splats: what they stand for, in their order.

    unseen: number of Gaussians that are left out because no view shows them. psnr_drop_db: loss on held-out
    photos, None where it was not asked for.
    """

    files: dict[str, bytes]
    splats: Splats
    order: OrderName
    palette_entries: int
    unseen: int = 0
    psnr_drop_db: float | None = None

    @property
    def bytes(self) -> int:
        """Size of the .sog."""
        return archive_bytes(self.files)


def encode(
    prepared: Prepared, fidelity: Fidelity, settings: CompressSettings, on_progress: OnProgress
) -> EncodedScene:
    """Encode Gaussians in the order of `settings`, as closely as `fidelity` says where views are known."""
    if prepared.sensitivity is None:
        return _encode_plain(prepared, settings, on_progress)
    return _encode_rated(prepared, fidelity, settings, on_progress)


def encode_sog(
    splats: Splats, settings: CompressSettings, on_progress: OnProgress = ignore_progress
) -> dict[str, bytes]:
    """Content of the files of an unbundled SOG by name, `meta.json` first, with Gaussians in the given order.

    `splats` are those of `drop_unusable`.
    """
    splats = in_canonical_form(splats)
    makers = _plain_makers(splats, quantize_means(splats.means), settings, on_progress)
    return _files(splats, makers)[0]


def _encode_plain(prepared: Prepared, settings: CompressSettings, on_progress: OnProgress) -> EncodedScene:
    splats, distinct = prepared.splats, prepared.distinct
    codes, lows, highs = quantize_means(splats.means)
    order, permutation = choose_order(splats, codes, settings, within(on_progress, 0.0, _SORTED))
    ordered = splats.select(permutation)
    means = (codes[permutation], lows, highs)
    makers = _plain_makers(ordered, means, settings, on_progress, distinct and distinct.select(permutation))
    files, entries = _files(ordered, makers)
    return EncodedScene(files, ordered, order, entries)


def _plain_makers(
    splats: Splats,
    means: tuple[np.ndarray, np.ndarray, np.ndarray],
    settings: CompressSettings,
    on_progress: OnProgress,
    distinct: DistinctRows | None = None,
) -> Makers:
    """Of all attributes; `means` as of `quantize_means`, `distinct` the rows of f_rest if they are known."""
    makers: Makers = {
        "means": partial(encode_means, *means),
        "scales": partial(encode_scales, splats.scales),
        "quats": partial(encode_quats, splats.quats),
        "sh0": partial(encode_colors, splats.sh0, splats.opacities),
    }
    if splats.sh_degree:
        on_palette = within(on_progress, _SORTED, _PALETTE_END)
        palette = fit_palette(splats, settings, on_palette, distinct=distinct)
        makers["shN"] = partial(encode_palette, *palette)
    on_progress(Progress("write textures", _PALETTE_END))
    return makers


def _encode_rated(
    prepared: Prepared, fidelity: Fidelity, settings: CompressSettings, on_progress: OnProgress
) -> EncodedScene:
    """Encode what is seen, with the codes that are worth their bits."""
    assert prepared.sensitivity
    splats, sensitivity = prepared.splats, prepared.sensitivity
    bit_cost = fidelity.bit_cost(sensitivity.samples, len(splats))
    seen = _seen(sensitivity, fidelity.removal_cost(bit_cost))
    without_rest = replace(splats, shN=splats.shN[:, :0]).select(seen)  # f_rest has no part in the order
    codes, lows, highs = mean_codes(without_rest.means, take_rows(sensitivity.means, seen), bit_cost)
    on_order = within(on_progress, 0.0, _SORTED)
    order, permutation = choose_order(without_rest, codes, settings, on_order, quick=True)
    ordered = seen[permutation]
    splats, sensitivity = splats.select(ordered), sensitivity.select(ordered)
    makers: Makers = {"means": partial(encode_means, take_rows(codes, permutation), lows, highs)}
    if splats.sh_degree:
        entries, labels = fit_palette(
            splats,
            settings,
            within(on_progress, _SORTED, _PALETTE_END),
            distinct=prepared.distinct and prepared.distinct.select(ordered),
            sensitivity=sensitivity,
            bytes_per_gaussian=fidelity.palette_bytes,
        )
        makers |= _makers_with_palette(splats, sensitivity, entries, labels, bit_cost)
    else:
        makers |= attribute_makers(splats, sensitivity, bit_cost)
    on_progress(Progress("write textures", _PALETTE_END))
    files, palette_entries = _files(splats, makers, quick=True)
    unseen = len(prepared.splats) - len(splats)
    return EncodedScene(files, splats, order, palette_entries, unseen)


def _seen(sensitivity: Sensitivity, least: float) -> np.ndarray:
    """Indices of the Gaussians whose absence costs `least`, at least one."""
    is_seen = sensitivity.removal >= least
    is_seen[np.argmax(sensitivity.removal)] = True
    return np.flatnonzero(is_seen)


def _makers_with_palette(
    splats: Splats, sensitivity: Sensitivity, entries: np.ndarray, labels: np.ndarray, bit_cost: float
) -> Makers:
    """Of all but the positions; f_dc makes up for the palette where directions are known."""
    palette = partial(encode_rated_palette, entries, labels, sensitivity.colors, bit_cost)
    if sensitivity.directions is None:
        return {**attribute_makers(splats, sensitivity, bit_cost), "shN": palette}
    section = palette()
    means = sensitivity.directions.means
    colored = replace(splats, sh0=compensated_sh0(splats.sh0, splats.shN, decode_section(section), means))
    return {**attribute_makers(colored, sensitivity, bit_cost), "shN": lambda: section}


def _files(splats: Splats, makers: Makers, *, quick: bool = False) -> tuple[dict[str, bytes], int]:
    """Content of the archive by file name, `meta.json` first, and the number of palette entries.

    quick: with the effort that suits each texture. Without known views files are those of earlier versions.
    """
    sections: dict[str, EncodedAttribute] = {}
    textures: dict[str, Future[bytes]] = {}
    with ThreadPoolExecutor(available_cpus()) as pool:  # Pillow and what makes sections release the GIL
        made = completed(lambda name: makers[name](), makers, threads=len(makers), name="section")
        for section, sections[section] in made:
            for name, texels in sections[section].textures.items():
                textures[name] = pool.submit(encode_texture, texels, name if quick else "")
    meta = {
        "version": 2,
        "asset": {"generator": _GENERATOR},
        "count": len(splats),
        **({"model": ANTIALIASED} if splats.antialiased else {}),
        **{name: sections[name].meta for name in makers},
    }
    text = json.dumps(meta, separators=(",", ":"), allow_nan=False)
    files = {META: text.encode()}
    for name in makers:
        files |= {file: textures[file].result() for file in sections[name].textures}
    return files, _palette_entries(sections)


def _palette_entries(sections: Mapping[str, EncodedAttribute]) -> int:
    if "shN" not in sections:
        return 0
    count = sections["shN"].meta["count"]
    assert isinstance(count, int)
    return count
