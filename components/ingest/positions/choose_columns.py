"""Decide what the columns of a table are, and in which coordinate system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from components.ingest.positions.coordinate_system import WGS84, WGS84_CODES, named_system
from components.ingest.positions.find_columns import Columns, columns_without_header
from components.ingest.positions.find_layout import IsPhoto, Layout
from components.ingest.positions.refuse import refused
from components.ingest.source.position_files import is_called_positions
from components.shared.numbers import number_in

_MIN_DECIMALS = 4
_MOST = 0.5
_MAX_EXTENT_DEGREES = 1.0
"""A capture is smaller."""
_MIN_DEGREES = 1.5
"""Metres of small captures are around 0, and what is near 0° N 0° E is the sea."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read rows."""

    columns_of: Callable[[int], Columns]
    """Columns by the number of cells."""
    epsg: int | None
    """Code of the coordinate system; None for a local one."""
    order: str = ""
    """The order of the columns, in words, where nothing but the values says so."""


def choose_columns(layout: Layout, source: str, is_photo: IsPhoto) -> Reading | None:
    """None for a table of something else.

    Raises:
        InputError: coordinates in feet, or in degrees that are not of WGS 84.
    """
    if layout.header:
        return _by_header(layout, layout.header, source)
    sample = [cells for cells in layout.sample() if is_photo(cells[0])]
    if not sample:
        return None
    if layout.epsg is not None:
        reading = _without_header(layout.epsg, latitude_first=False, below_system=True)
        _check_system(layout.epsg, source, in_degrees=_are_degrees(sample, reading.columns_of))
        return reading
    for latitude_first, order in ((True, "latitude, longitude"), (False, "longitude, latitude")):
        reading = _without_header(WGS84, latitude_first=latitude_first, order=order)
        if _are_degrees(sample, reading.columns_of):
            return reading
    if not is_called_positions(source):
        return None
    return _without_header(None, latitude_first=False, order="x, y, z")


def _by_header(layout: Layout, header: Columns, source: str) -> Reading:
    if header.in_feet:
        raise refused(source, f"{header.in_feet!r} is in feet", "Export them in metres.")
    sample = layout.sample()
    epsg = layout.epsg or _system_of_column(sample[0], header, source)
    is_degrees = header.is_degrees
    if is_degrees is None:
        is_degrees = _are_degrees(sample, lambda _: header)
    _check_system(epsg, source, in_degrees=is_degrees)
    return Reading(lambda _: header, WGS84 if is_degrees else epsg)


def _system_of_column(cells: list[str], header: Columns, source: str) -> int | None:
    if header.epsg is None or header.epsg >= len(cells):
        return None
    text = cells[header.epsg]
    return named_system(f"EPSG:{text}" if text.isdigit() else text, source)


def _without_header(
    epsg: int | None, *, latitude_first: bool, below_system: bool = False, order: str = ""
) -> Reading:
    def columns_of(cells: int) -> Columns:
        return columns_without_header(cells - 1, latitude_first=latitude_first, below_system=below_system)

    return Reading(columns_of, epsg, order)


def _check_system(epsg: int | None, source: str, *, in_degrees: bool) -> None:
    if in_degrees and epsg is not None and epsg not in WGS84_CODES:
        raise refused(
            source,
            f"its coordinates are degrees, and its coordinate system is EPSG:{epsg}",
            "Convert them to EPSG:4326 (WGS 84), or export them in metres.",
        )


def _are_degrees(sample: list[list[str]], columns_of: Callable[[int], Columns]) -> bool:
    """Whether most rows have longitudes and latitudes of places near each other, and no metres."""
    places, decimals = [], []
    for cells in sample:
        columns = columns_of(len(cells))
        texts = [cells[index] for index in (columns.x, columns.y) if index < len(cells)]
        x, y = (
            number_in(text, -limit, limit) for text, limit in zip([*texts, "", ""], (180, 90), strict=False)
        )
        if x is not None and y is not None:
            places.append((x, y))
            decimals += [len(text.partition(".")[2]) for text in texts]
    if not places:
        return False
    x, y = (median(values) for values in zip(*places, strict=True))
    near = sum(max(abs(px - x), abs(py - y)) < _MAX_EXTENT_DEGREES for px, py in places)
    is_at_sea = max(abs(x), abs(y)) < _MIN_DEGREES
    return near > _MOST * len(sample) and not is_at_sea and median(decimals) >= _MIN_DECIMALS
