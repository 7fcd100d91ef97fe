"""Attributes in codes that are worth their bits, as sections of `meta.json`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from components.compress.rate.entropy_coded import Tradeoff, choose_entries, snap_codes
from components.compress.visible.sensitivity import Sensitivity
from components.shared.ranges import in_ranges
from components.shared.sog.attributes import (
    QUAT_STEP,
    EncodedAttribute,
    colors_section,
    mean_positions,
    mean_steps,
    quat_positions,
    quats_section,
    scales_section,
)
from components.shared.sog.codebook import fit_codebook, round_to_six_digits
from components.shared.sog.palette import palette_section, sort_entries
from components.shared.splats import Splats, opacities_of_logits

_SCALES_REACH = 0.5
"""Largest error of a log scale. Sensitivities hold for small changes; without this limit, Gaussians that no
view shows become so large that others show them."""
_BYTES = np.arange(256.0)


def mean_codes(
    means: np.ndarray, sensitivity: np.ndarray, bit_cost: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `quantize_means`, from the sensitivity [N, 3] of the means."""
    positions, lows, highs = mean_positions(means)
    weights = np.empty(positions.shape)

    def fill(start: int, stop: int) -> None:
        steps = mean_steps(means[start:stop], lows, highs)
        weights[start:stop] = sensitivity[start:stop] * np.square(steps)

    in_ranges(fill, len(means))
    return snap_codes(positions, Tradeoff(weights, bit_cost)), lows, highs


def attribute_makers(
    splats: Splats, sensitivity: Sensitivity, bit_cost: float
) -> dict[str, Callable[[], EncodedAttribute]]:
    """What makes scales, quaternions in canonical form, f_dc and opacities, by section of `meta.json`."""
    scales = Tradeoff(sensitivity.scales, bit_cost, _SCALES_REACH)
    return {
        "scales": lambda: _scales(splats.scales, scales),
        "quats": lambda: _quats(splats.quats, Tradeoff(sensitivity.quats * QUAT_STEP**2, bit_cost)),
        "sh0": lambda: _colors(splats, sensitivity, bit_cost),
    }


def encode_rated_palette(
    entries: np.ndarray, labels: np.ndarray, sensitivity: np.ndarray, bit_cost: float
) -> EncodedAttribute:
    """As `encode_palette`, with the sensitivity [N] of the colors."""
    entries, labels = sort_entries(entries, labels)
    weights = np.bincount(labels, sensitivity, len(entries))[:, None, None]
    codebook, indices = _fit(entries, Tradeoff(np.broadcast_to(weights, entries.shape), bit_cost))
    return palette_section(codebook, indices, labels)


def _scales(scales: np.ndarray, tradeoff: Tradeoff) -> EncodedAttribute:
    return scales_section(*_fit(scales, tradeoff))


def _quats(quats: np.ndarray, tradeoff: Tradeoff) -> EncodedAttribute:
    positions, omitted = quat_positions(quats)
    return quats_section(choose_entries(_BYTES, positions, tradeoff, fixed=True)[1], omitted)


def _colors(splats: Splats, sensitivity: Sensitivity, bit_cost: float) -> EncodedAttribute:
    weights = np.broadcast_to(sensitivity.colors[:, None], splats.sh0.shape)
    codebook, indices = _fit(splats.sh0, Tradeoff(weights, bit_cost))
    # Alpha 0 would be invisible.
    alphas, tradeoff = _BYTES[1:], Tradeoff(sensitivity.opacities / 255**2, bit_cost)
    chosen = choose_entries(alphas, opacities_of_logits(splats.opacities) * 255, tradeoff, fixed=True)[1]
    return colors_section(codebook, indices, chosen + 1)


def _fit(values: np.ndarray, tradeoff: Tradeoff) -> tuple[np.ndarray, np.ndarray]:
    """Codebook [256] and indices in the shape of `values`."""
    codebook, indices = choose_entries(fit_codebook(values), values, tradeoff)
    return round_to_six_digits(codebook), indices
