"""From UTM (WGS 84) to degrees, by Krüger's series to the sixth power of the third flattening.

COLMAP has it too, but ingest and compression do without COLMAP; both agree to 0.2 mm.
"""

from __future__ import annotations

import numpy as np

_RADIUS_M = 6_378_137.0
_FLATTENING = 1 / 298.257223563
_SCALE = 0.9996
_FALSE_EASTING_M, _FALSE_NORTHING_M = 500_000.0, 10_000_000.0
_N = _FLATTENING / (2 - _FLATTENING)
_RECTIFYING_RADIUS_M = _RADIUS_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64 + _N**6 / 256)
_BETA = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360 - 81 * _N**5 / 512 + 96_199 * _N**6 / 604_800,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440 + 46 * _N**5 / 105 - 1_118_711 * _N**6 / 3_870_720,
    17 * _N**3 / 480 - 37 * _N**4 / 840 - 209 * _N**5 / 4480 + 5569 * _N**6 / 90_720,
    4397 * _N**4 / 161_280 - 11 * _N**5 / 504 - 830_251 * _N**6 / 7_257_600,
    4583 * _N**5 / 161_280 - 108_847 * _N**6 / 3_991_680,
    20_648_693 * _N**6 / 638_668_800,
)
_ROUNDS = 5


def degrees_from_utm(easting: float, northing: float, zone: int, *, is_north: bool) -> tuple[float, float]:
    """Latitude and longitude."""
    meridian = 6.0 * zone - 183.0
    radius = _SCALE * _RECTIFYING_RADIUS_M
    projected = complex(
        (northing - (0.0 if is_north else _FALSE_NORTHING_M)) / radius, (easting - _FALSE_EASTING_M) / radius
    )
    sphere = projected - sum(
        beta * np.sin(2 * order * projected) for order, beta in enumerate(_BETA, start=1)
    )
    conformal_tangent = np.sin(sphere.real) / np.hypot(np.sinh(sphere.imag), np.cos(sphere.real))
    longitude = np.arctan2(np.sinh(sphere.imag), np.cos(sphere.real))
    latitude = np.arctan(_geographic_tangent(float(conformal_tangent)))
    return float(np.degrees(latitude)), float((meridian + np.degrees(longitude) + 180.0) % 360.0 - 180.0)


def _geographic_tangent(conformal: float) -> float:
    """Tangent of the latitude from that of the conformal latitude, by Newton's method."""
    e2 = _FLATTENING * (2 - _FLATTENING)
    e, tangent = np.sqrt(e2), conformal
    for _ in range(_ROUNDS):
        root = np.sqrt(1 + tangent**2)
        sigma = np.sinh(e * np.arctanh(e * tangent / root))
        value = tangent * np.sqrt(1 + sigma**2) - sigma * root
        slope = np.sqrt(1 + value**2) * root * (1 - e2) / (1 + (1 - e2) * tangent**2)
        tangent = float(tangent + (conformal - value) / slope)
    return tangent
