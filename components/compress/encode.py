"""Prepared Gaussians -> the files of a SOG in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from components.compress.fit_palette import fit_palette
from components.compress.order.choose import OrderName, choose_order
from components.compress.prepare import Prepared, in_canonical_form
from components.compress.rate.attributes import encode_attributes, encode_rated_palette, mean_codes
from components.compress.rate.fidelity import Fidelity
from components.compress.settings import CompressSettings
from components.compress.visible.directions import Directions, compensated_sh0
from components.shared.progress import OnProgress, Progress, ignore_progress, within
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


@dataclass(frozen=True, slots=True)
class EncodedScene:
    """files: content of the archive by name; splats: what they stand for, in their order.

    unseen: number of Gaussians that are left out because no view shows them.
    """

    files: dict[str, bytes]
    splats: Splats
    order: OrderName
    palette_entries: int
    unseen: int = 0

    @property
    def bytes(self) -> int:
        """Size of the .sog."""
        return archive_bytes(self.files)


def encode(
    prepared: Prepared, fidelity: Fidelity, settings: CompressSettings, on_progress: OnProgress
) -> EncodedScene:
    """Encode Gaussians in the order of `settings`, as closely as `fidelity` says where views are known."""
    if prepared.sensitivity is None:
        return _encode_plain(prepared.splats, settings, on_progress)
    return _encode_rated(prepared, fidelity, settings, on_progress)


def encode_sog(
    splats: Splats, settings: CompressSettings, on_progress: OnProgress = ignore_progress
) -> dict[str, bytes]:
    """Content of the files of an unbundled SOG by name, `meta.json` first, with Gaussians in the given order.

    `splats` are those of `drop_unusable`.
    """
    splats = in_canonical_form(splats)
    return _files(splats, _plain_sections(splats, quantize_means(splats.means), settings, on_progress))


def _encode_plain(splats: Splats, settings: CompressSettings, on_progress: OnProgress) -> EncodedScene:
    codes, lows, highs = quantize_means(splats.means)
    order, permutation = choose_order(splats, codes, settings, within(on_progress, 0.0, _SORTED))
    ordered = splats.select(permutation)
    sections = _plain_sections(ordered, (codes[permutation], lows, highs), settings, on_progress)
    return EncodedScene(_files(ordered, sections), ordered, order, _palette_entries(sections))


def _plain_sections(
    splats: Splats,
    means: tuple[np.ndarray, np.ndarray, np.ndarray],
    settings: CompressSettings,
    on_progress: OnProgress,
) -> dict[str, EncodedAttribute]:
    """All attributes by their section in `meta.json`; `means` as of `quantize_means`."""
    sections = {
        "means": encode_means(*means),
        "scales": encode_scales(splats.scales),
        "quats": encode_quats(splats.quats),
        "sh0": encode_colors(splats.sh0, splats.opacities),
    }
    if splats.sh_degree:
        on_palette = within(on_progress, _SORTED, _PALETTE_END)
        sections["shN"] = encode_palette(*fit_palette(splats, settings, on_palette))
    on_progress(Progress("write textures", _PALETTE_END))
    return sections


def _encode_rated(
    prepared: Prepared, fidelity: Fidelity, settings: CompressSettings, on_progress: OnProgress
) -> EncodedScene:
    """Encode what is seen, with the codes that are worth their bits."""
    assert prepared.sensitivity
    sensitivity = prepared.sensitivity
    bit_cost = fidelity.bit_cost(sensitivity.samples, len(prepared.splats))
    seen = sensitivity.removal >= fidelity.removal_cost(bit_cost)
    seen[np.argmax(sensitivity.removal)] = True  # a file holds one at least
    splats, sensitivity = prepared.splats.select(seen), sensitivity.select(seen)
    distinct = prepared.distinct and prepared.distinct.select(seen)
    codes, lows, highs = mean_codes(splats.means, sensitivity.means, bit_cost)
    on_order = within(on_progress, 0.0, _SORTED)
    order, permutation = choose_order(splats, codes, settings, on_order, quick=True)
    splats, sensitivity = splats.select(permutation), sensitivity.select(permutation)
    sections = {"means": encode_means(codes[permutation], lows, highs)}
    if splats.sh_degree:
        on_palette = within(on_progress, _SORTED, _PALETTE_END)
        entries, labels = fit_palette(
            splats,
            settings,
            on_palette,
            distinct=distinct and distinct.select(permutation),
            sensitivity=sensitivity,
            bytes_per_gaussian=fidelity.palette_bytes,
        )
        palette = encode_rated_palette(entries, labels, sensitivity.colors, bit_cost)
        colored = _compensated(splats, palette, sensitivity.directions)
        sections |= {**encode_attributes(colored, sensitivity, bit_cost), "shN": palette}
    else:
        sections |= encode_attributes(splats, sensitivity, bit_cost)
    on_progress(Progress("write textures", _PALETTE_END))
    files = _files(splats, sections, quick=True)
    return EncodedScene(files, splats, order, _palette_entries(sections), unseen=int(np.sum(~seen)))


def _compensated(splats: Splats, palette: EncodedAttribute, directions: Directions | None) -> Splats:
    """With the f_dc that makes up for the palette, where directions are known."""
    if directions is None:
        return splats
    delivered = decode_section(palette)
    return replace(splats, sh0=compensated_sh0(splats.sh0, splats.shN, delivered, directions.means))


def _palette_entries(sections: Mapping[str, EncodedAttribute]) -> int:
    if "shN" not in sections:
        return 0
    count = sections["shN"].meta["count"]
    assert isinstance(count, int)
    return count


def _files(
    splats: Splats, sections: Mapping[str, EncodedAttribute], *, quick: bool = False
) -> dict[str, bytes]:
    """Content of the archive by file name; `meta.json` comes first.

    quick: with the effort that suits each texture. Without known views files are those of earlier versions.
    """
    meta = {
        "version": 2,
        "asset": {"generator": _GENERATOR},
        "count": len(splats),
        **({"model": ANTIALIASED} if splats.antialiased else {}),
        **{name: section.meta for name, section in sections.items()},
    }
    textures = {name: texels for section in sections.values() for name, texels in section.textures.items()}
    with ThreadPoolExecutor(available_cpus()) as pool:  # Pillow releases the GIL while it encodes
        encoded = list(
            pool.map(encode_texture, textures.values(), textures if quick else [""] * len(textures))
        )
    text = json.dumps(meta, separators=(",", ":"), allow_nan=False)
    return {META: text.encode(), **dict(zip(textures, encoded, strict=True))}
