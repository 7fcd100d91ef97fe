"""A picture of the textures' texels: positions, colours and scales in random, Morton and PLAS order.

    python -m benchmarks.attribute_grid ../shared/splats/house_sog_v1 docs/results/attribute_grid.webp

One texel is one Gaussian, and the same Gaussians are shown in each order. Red, green and blue are the three
axes of positions and scales.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from components.compress.canonical import canonical_form
from components.compress.order.choose import choose_order
from components.compress.settings import CompressSettings
from components.shared.scene_files.read_scene import read_scene
from components.shared.sog.attributes import quantize_means
from components.shared.splats import Splats

_SIDE = 128
"""Texels of a grid, and pixels of its picture."""
_GAP, _MARGIN, _FONT_SIZE = 6, 22, 14
_QUALITY = 50
_SH0_FACTOR = 0.28209479177387814
_SMALLEST, _LARGEST = 1, 99
"""Percentiles of values that are black and full."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scene", type=Path)
    parser.add_argument("output", type=Path, help="a .webp or .png")
    arguments = parser.parse_args()
    splats = read_scene(arguments.scene)
    chosen = np.linspace(0, len(splats) - 1, _SIDE**2).astype(int)  # a grid needs so many
    draw(splats.select(chosen)).save(arguments.output, quality=_QUALITY, method=6)


def draw(splats: Splats) -> Image.Image:
    """One column for each order, one row for each attribute."""
    orders, attributes = _orders(splats), _attributes(splats)
    step = _SIDE + _GAP
    size = _MARGIN + step * len(orders) - _GAP, _MARGIN + step * len(attributes) - _GAP
    picture = Image.new("RGB", size, "white")
    for column, (name, order) in enumerate(orders.items()):
        _write(picture, name, (_MARGIN + column * step + _SIDE // 2, _MARGIN // 2))
        for row, colors in enumerate(attributes.values()):
            grid = Image.fromarray(colors[order].reshape(_SIDE, _SIDE, 3))
            picture.paste(grid, (_MARGIN + column * step, _MARGIN + row * step))
    names = Image.new("RGB", (size[1], _MARGIN), "white")
    for row, name in enumerate(reversed(attributes)):
        _write(names, name, (row * step + _SIDE // 2, _MARGIN // 2))
    picture.paste(names.rotate(90, expand=True), (0, 0))
    return picture


def _orders(splats: Splats) -> dict[str, np.ndarray]:
    codes, _, _ = quantize_means(splats.means)
    settings = {name: CompressSettings(order=name) for name in ("log-morton", "plas")}
    return {
        "random": np.random.default_rng(0).permutation(len(splats)),
        **{name: choose_order(splats, codes, each)[1] for name, each in settings.items()},
    }


def _attributes(splats: Splats) -> dict[str, np.ndarray]:
    """Colours uint8 [N, 3] of each attribute."""
    _, scales = canonical_form(splats.quats, splats.scales)
    codes, _, _ = quantize_means(splats.means)
    colors = 0.5 + _SH0_FACTOR * splats.sh0
    return {
        "positions": _stretched(codes),
        "colours": np.rint(np.clip(colors, 0.0, 1.0) * 255).astype(np.uint8),
        "scales": _stretched(scales),
    }


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, [_SMALLEST, _LARGEST], axis=0)
    return np.rint(np.clip((values - low) / (high - low), 0.0, 1.0) * 255).astype(np.uint8)


def _write(picture: Image.Image, text: str, center: tuple[int, int]) -> None:
    font = ImageFont.load_default(_FONT_SIZE)
    ImageDraw.Draw(picture).text(center, text, fill="black", font=font, anchor="mm")


if __name__ == "__main__":
    main()
