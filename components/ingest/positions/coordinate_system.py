"""Coordinate systems by their EPSG codes, as programs name them above a table or in it."""

from __future__ import annotations

import re

from components.ingest.positions.refuse import refused

WGS84 = 4326
WGS84_CODES = frozenset({WGS84, 4979})
"""Degrees, without and with the height above the ellipsoid."""
_UTM_NORTH, _UTM_SOUTH = 32_600, 32_700
_ZONES = range(1, 61)
_CODE = re.compile(r'(?i)\bEPSG["\s:,]+"?([0-9]{4,6})\b')
_WGS84 = r"(?i)\bWGS[\s_]*(?:19)?84\b"
_UTM = re.compile(_WGS84 + r"\W*UTM[\s_]*(?:zone)?[\s_]*([0-9]{1,2})[\s_]*(N|S|north|south)?\b")
_DEGREES = re.compile(_WGS84)
_PROJ_ZONE = re.compile(r"\+zone=([0-9]{1,2})\b")


def named_system(text: str, source: str) -> int | None:
    """The EPSG code that a line names: `EPSG:2056`, `WGS84 UTM 32N`, `+proj=utm +zone=32`; None without one.

    Raises:
        InputError: a definition that names no code.
    """
    if "+proj=" in text:
        return _code_of_proj(text, source)
    codes = _CODE.findall(text)
    if codes:  # well-known text has the code of the whole at its end, and those of its parts before
        return int(codes[-1] if "[" in text else codes[0])
    utm = _UTM.search(text)
    if utm and int(utm[1]) in _ZONES:
        return int(utm[1]) + (_UTM_SOUTH if (utm[2] or "N")[0] in "sS" else _UTM_NORTH)
    return WGS84 if _DEGREES.search(text) and "UTM" not in text.upper() else None


def utm_zone(epsg: int | None) -> tuple[int, bool] | None:
    """Zone, and whether it is that of the north, of UTM in WGS 84; None for other systems."""
    for base, is_north in ((_UTM_NORTH, True), (_UTM_SOUTH, False)):
        if epsg is not None and epsg - base in _ZONES:
            return epsg - base, is_north
    return None


def _code_of_proj(text: str, source: str) -> int:
    zone = _PROJ_ZONE.search(text)
    is_wgs84 = "WGS84" in text or not re.search(r"\+(datum|ellps|towgs84)=", text)
    if is_wgs84 and re.search(r"\+proj=(longlat|latlong)\b", text):
        return WGS84
    if is_wgs84 and "+proj=utm" in text and zone and int(zone[1]) in _ZONES:
        return int(zone[1]) + (_UTM_SOUTH if "+south" in text else _UTM_NORTH)
    raise refused(
        source,
        f"the coordinate system {text[:120]!r} has no code",
        "Write its EPSG code instead, such as EPSG:2056, or convert the positions to EPSG:4326.",
    )
