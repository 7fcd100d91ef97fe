"""Where a scene is, and how well that is known, in words for the report and the terminal."""

from __future__ import annotations

_RTK_M = 0.1
"""Receivers without corrections do not get so accurate."""


def describe_georeference(
    *,
    place: str,
    photos: int,
    residual_m: float,
    stated_accuracy_m: float | None,
    is_gps: bool,
    left_out: list[str],
) -> str:
    """`1 unit is 1 m; origin 47.12341° N 8.54321° E; positions agree to 0.03 m (RTK, 240 photos)`.

    place: that of the origin; empty without a georeference, as the result is then.
    """
    if not place:
        return ""
    source = "GPS, " if is_gps else ""
    if stated_accuracy_m is not None:
        is_rtk = is_gps and stated_accuracy_m <= _RTK_M
        source = "RTK, " if is_rtk else f"{source}stated accuracy {_metres(stated_accuracy_m)}, "
    words = (
        f"1 unit is 1 m; origin {place}; positions agree to {_metres(residual_m)} ({source}{photos} photos)"
    )
    if left_out:
        words += f"; {_left_out(left_out)}"
    return words


def describe_place(latitude: float, longitude: float, altitude_m: float | None) -> str:
    """`47.12341° N 8.54321° E, 500 m`; five decimals are a metre."""
    north, east = "S" if latitude < 0 else "N", "W" if longitude < 0 else "E"
    height = "" if altitude_m is None else f", {altitude_m:.0f} m"
    return f"{abs(latitude):.5f}° {north} {abs(longitude):.5f}° {east}{height}"


def _left_out(names: list[str]) -> str:
    if len(names) == 1:
        return f"the position of {names[0]} is far off and was left out"
    return f"{len(names)} positions are far off and were left out, that of {names[0]} first"


def _metres(value: float) -> str:
    return f"{value:.2f} m" if value < 10 else f"{value:.0f} m"
