"""RGB colour spaces given by primaries and a transfer function, and their conversion to sRGB."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from components.ingest.color.tone_map import DIFFUSE_WHITE_NITS, HLG_DIFFUSE_WHITE, tone_map

Point = tuple[float, float]
"""CIE 1931 x and y."""
Primaries = tuple[Point, Point, Point, Point]
"""Red, green, blue, and the white point."""

_D65: Point = (0.3127, 0.3290)
BT709: Primaries = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65)
ADOBE_RGB: Primaries = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65)
ADOBE_GAMMA = 2.19921875
CODED_PRIMARIES: dict[int, tuple[str, Primaries]] = {
    1: ("BT.709", BT709),
    4: ("BT.470 M", ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316))),
    5: ("BT.470 BG", ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65)),
    6: ("BT.601", ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)),
    7: ("SMPTE 240M", ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)),
    9: ("BT.2020", ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65)),
    11: ("DCI-P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351))),
    12: ("Display P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65)),
}
"""Names and primaries by `ColourPrimaries` of ITU-T H.273; other codes count as BT.709."""
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_SAME_LEVELS = 2
_ROWS_PER_BLOCK = 64  # bounds the memory of intermediate values
_STEPS = 65_535


class Transfer(StrEnum):
    """Transfer functions. SRGB also stands for those of BT.601, BT.709 and BT.2020, as in browsers."""

    SRGB = "sRGB"
    GAMMA = "gamma"
    PQ = "PQ"
    HLG = "HLG"


CODED_TRANSFERS: dict[int, tuple[Transfer, float]] = {
    4: (Transfer.GAMMA, 2.2),
    5: (Transfer.GAMMA, 2.8),
    8: (Transfer.GAMMA, 1.0),
    16: (Transfer.PQ, 0.0),
    18: (Transfer.HLG, 0.0),
}
"""Function and exponent by `TransferCharacteristics` of ITU-T H.273; other codes count as sRGB."""


@dataclass(frozen=True, slots=True)
class RgbSpace:
    """A colour space of RGB, or of gray where only the transfer function matters."""

    name: str
    primaries: Primaries = BT709
    transfer: Transfer = Transfer.SRGB
    exponent: float = 0.0
    """Of the transfer function GAMMA: linear light is the value to this power."""

    @property
    def is_hdr(self) -> bool:
        return self.transfer in (Transfer.PQ, Transfer.HLG)

    def is_srgb(self) -> bool:
        """Whether conversion to sRGB moves no value of a grid of colours by more than 2 levels of 255."""
        if self.is_hdr:
            return False
        grid = color_grid()
        return int(np.abs(self.to_srgb(grid, 255).astype(np.int16) - grid).max()) <= _SAME_LEVELS

    def to_srgb(self, pixels: np.ndarray, white: int) -> np.ndarray:
        """sRGB as uint8 of the shape of `pixels`: unsigned integers [H, W, 3], or gray [H, W], up to `white`.

        HDR is tone-mapped (`tone_map`); colours outside of sRGB are clipped.
        """
        linear_of = self._linear(np.arange(white + 1) / white).astype(np.float32)
        matrix = (_linear_srgb_from(self.primaries)).astype(np.float32)
        result = np.empty(pixels.shape, np.uint8)
        for start in range(0, len(pixels), _ROWS_PER_BLOCK):
            rows = slice(start, start + _ROWS_PER_BLOCK)
            linear = linear_of[pixels[rows]]
            if pixels.ndim == 3:
                linear = linear @ matrix.T
            if self.is_hdr:
                linear = tone_map(linear)
            result[rows] = _SRGB_OF[(linear.clip(0.0, 1.0) * _STEPS + 0.5).astype(np.uint16)]
        return result

    def _linear(self, values: np.ndarray) -> np.ndarray:
        """Linear light of values in 0..1; 1 is white, of PQ and HLG diffuse white. HLG's is scene light."""
        if self.transfer is Transfer.GAMMA:
            return values**self.exponent
        if self.transfer is Transfer.PQ:
            root = values ** (32 / 2523)
            ratio = np.maximum(root - 0.8359375, 0.0) / (18.8515625 - 18.6875 * root)
            return ratio ** (16384 / 2610) * (10_000 / DIFFUSE_WHITE_NITS)
        if self.transfer is Transfer.HLG:
            upper = (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12
            return np.where(values <= 0.5, values**2 / 3, upper) / HLG_DIFFUSE_WHITE
        return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def color_grid() -> np.ndarray:
    """A grid of colours over the whole cube, grays included: uint8 [17, 289, 3]."""
    steps = np.linspace(0, 255, 17).round().astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(17, -1, 3)


def _linear_srgb_from(primaries: Primaries) -> np.ndarray:
    """Matrix [3, 3] from linear RGB of these primaries to linear sRGB; white becomes white (Bradford)."""
    cones_of, cones_of_d65 = (_BRADFORD @ _xyz(white) for white in (primaries[3], _D65))
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(cones_of_d65 / cones_of) @ _BRADFORD
    return np.asarray(np.linalg.inv(_xyz_from(BT709)) @ adapt @ _xyz_from(primaries))


def _xyz_from(primaries: Primaries) -> np.ndarray:
    columns = np.stack([_xyz(point) for point in primaries[:3]], axis=1)
    return np.asarray(columns * np.linalg.solve(columns, _xyz(primaries[3])))


def _xyz(point: Point) -> np.ndarray:
    """X, Y, Z of a chromaticity, with Y = 1."""
    x, y = point
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def _encode_srgb(linear: np.ndarray) -> np.ndarray:
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray((encoded * 255).round().astype(np.uint8))


_SRGB_OF = _encode_srgb(np.arange(_STEPS + 1) / _STEPS)
"""sRGB level of linear light in steps of 1 / 65535."""
