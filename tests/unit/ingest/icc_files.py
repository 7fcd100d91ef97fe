"""ICC profiles made by hand, and what they mean, in plain formulas."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
D50 = np.array([0.9642, 1.0, 0.8249])
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def xyz(x: float, y: float) -> np.ndarray:
    return np.array([x / y, 1.0, (1 - x - y) / y])


D65 = xyz(0.3127, 0.3290)


def xyz_from_rgb(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Matrix to XYZ of a space with white D65."""
    columns = np.stack([xyz(*point) for point in primaries], axis=1)
    return columns * np.linalg.solve(columns, D65)


def srgb_from_linear(linear: np.ndarray) -> np.ndarray:
    """Levels 0 to 255, not rounded."""
    linear = np.clip(linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@dataclass(frozen=True)
class Space:
    """A colour space with white D65. curve: parameters g, a, b, c, d of ICC's parametric curve 3."""

    name: str
    primaries: tuple[tuple[float, float], ...]
    curve: tuple[float, float, float, float, float]

    def linear(self, values: np.ndarray) -> np.ndarray:
        """Of values in 0..1."""
        g, a, b, c, d = self.curve
        return np.where(values >= d, np.maximum(a * values + b, 0) ** g, c * values)

    def srgb(self, values: np.ndarray) -> np.ndarray:
        """sRGB levels of values [..., 3] in 0..1, or gray [H, W]."""
        linear = self.linear(values)
        if values.shape[-1] != 3:
            return srgb_from_linear(linear)
        matrix = np.linalg.inv(xyz_from_rgb(SRGB.primaries)) @ xyz_from_rgb(self.primaries)
        return srgb_from_linear(linear @ matrix.T)

    def profile(self) -> bytes:
        adapt = np.linalg.inv(BRADFORD) @ np.diag(BRADFORD @ D50 / (BRADFORD @ D65)) @ BRADFORD
        columns = (adapt @ xyz_from_rgb(self.primaries)).T
        tags = {f"{name}XYZ".encode(): _xyz(value) for name, value in zip("rgb", columns, strict=True)}
        tags |= {f"{name}TRC".encode(): _parametric(self.curve) for name in "rgb"}
        return _profile(b"RGB ", b"XYZ ", self.name, tags)

    def gray_profile(self) -> bytes:
        return _profile(b"GRAY", b"XYZ ", self.name, {b"kTRC": _parametric(self.curve)})


SRGB = Space("sRGB", ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), SRGB_CURVE)
DISPLAY_P3 = Space("Display P3", ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), SRGB_CURVE)
ADOBE_RGB = Space("Adobe RGB (1998)", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), (2.19921875, 1, 0, 0, 0))
GAMMA_18 = Space("Apple 1.8", SRGB.primaries, (1.8, 1, 0, 0, 0))


def cmyk_profile(lab_of: Callable[[float, float, float, float], tuple[float, float, float]]) -> bytes:
    """A profile of a printer with a table of two values for each ink. lab_of: CIELAB of inks in 0..1."""
    head = b"mft1\0\0\0\0" + struct.pack(">BBBx", 4, 3, 2)
    matrix = struct.pack(">9i", *(65536 * value for value in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    table = bytearray()
    for inks in product((0, 1), repeat=4):
        lightness, a, b = lab_of(*inks)
        table += bytes([round(lightness * 2.55), round(a + 128), round(b + 128)])
    tags = {b"A2B0": head + matrix + bytes(range(256)) * 4 + bytes(table) + bytes(range(256)) * 3}
    return _profile(b"CMYK", b"Lab ", "Test press", tags, b"prtr")


def _xyz(value: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(part * 65536) for part in value))


def _parametric(curve: tuple[float, ...]) -> bytes:
    return b"para\0\0\0\0\0\3\0\0" + struct.pack(">5i", *(round(value * 65536) for value in curve))


def _profile(
    model: bytes, connection: bytes, name: str, tags: dict[bytes, bytes], device: bytes = b"mntr"
) -> bytes:
    text = name.encode("utf-16-be")
    described = b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(text), 28) + text
    tags = {**tags, b"desc": described, b"cprt": described, b"wtpt": _xyz(D50)}
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = start + len(data)
    head = struct.pack(">I4xI4s4s4s12x4s", size, 0x04000000, device, model, connection, b"acsp")
    head = head.ljust(68, b"\0") + _xyz(D50)[8:]
    return head.ljust(128, b"\0") + table + data
