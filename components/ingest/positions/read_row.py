"""One row of a table of positions."""

from __future__ import annotations

import re

from components.ingest.positions.coordinate_system import WGS84_CODES, utm_zone
from components.ingest.positions.find_columns import Columns
from components.shared.contracts.capture import Gps, MetricPosition
from components.shared.numbers import number_in
from components.shared.utm import degrees_from_utm

Position = Gps | MetricPosition
_LATITUDES, _LONGITUDES = (-90.0, 90.0), (-180.0, 180.0)
_METRES = -1e8, 1e8
_UTM_EASTINGS_M, _UTM_NORTHINGS_M = (0.0, 1e6), (0.0, 1e7)
_HEIGHTS_M = -11_000.0, 50_000.0
_ACCURACIES_M = 1e-9, 100_000.0
_MAX_SHOWN = 40
_SEXAGESIMAL = re.compile(r"""([0-9]+)(?: deg|°) *([0-9.]+)' *([0-9.]+)(?:"|'') *([NSEW])""")
_ABOVE_SEA = re.compile(r"([0-9.]+) m (Above|Below) Sea Level")
"""As ExifTool writes places."""


class RowError(Exception):
    """Why a row is not used. Not a failure: a note has it."""


def position_of_row(cells: list[str], columns: Columns, epsg: int | None) -> tuple[str, Position, list[str]]:
    """The name of the photo, its position, and what of the row is not used.

    Degrees of WGS 84 and UTM become degrees; other coordinates stay as they are.

    Raises:
        RowError: no name, or coordinates that are missing or none.
    """
    row = _Row(cells)
    name = row.text(columns.name)
    if not name:
        raise RowError("no name of a photo")
    height = row.optional(columns.z, "height", _HEIGHTS_M)
    across = [row.optional(column, "accuracy", _ACCURACIES_M) for column in columns.accuracy]
    accuracy = max((value for value in across if value is not None), default=None)
    accuracy_z = row.optional(columns.accuracy_z, "accuracy of the height", _ACCURACIES_M)
    place = _place(row, columns, epsg)
    if place is None:
        x, y = row.number(columns.x, "x", _METRES), row.number(columns.y, "y", _METRES)
        metric = MetricPosition(
            x_m=x, y_m=y, z_m=height, epsg=epsg, accuracy_m=accuracy, altitude_accuracy_m=accuracy_z
        )
        return name, metric, row.unused
    latitude, longitude = place
    if latitude == longitude == 0.0:
        raise RowError("0, 0 is no place of a photo")
    gps = Gps(
        latitude=latitude,
        longitude=longitude,
        altitude_m=height,
        accuracy_m=accuracy,
        altitude_accuracy_m=accuracy_z,
    )
    return name, gps, row.unused


def _place(row: _Row, columns: Columns, epsg: int | None) -> tuple[float, float] | None:
    """Latitude and longitude; None in a system that is not converted."""
    if epsg in WGS84_CODES:
        return row.number(columns.y, "latitude", _LATITUDES), row.number(columns.x, "longitude", _LONGITUDES)
    zone = utm_zone(epsg)
    if zone is None:
        return None
    easting = row.number(columns.x, "easting", _UTM_EASTINGS_M)
    northing = row.number(columns.y, "northing", _UTM_NORTHINGS_M)
    return degrees_from_utm(easting, northing, zone[0], is_north=zone[1])


class _Row:
    """Cells of a row; what cannot be used of it goes to `unused`."""

    def __init__(self, cells: list[str]) -> None:
        self._cells, self.unused = cells, list[str]()

    def text(self, column: int | None) -> str:
        return self._cells[column] if column is not None and column < len(self._cells) else ""

    def number(self, column: int, meaning: str, limits: tuple[float, float]) -> float:
        number = number_in(_as_decimal(self.text(column)), *limits)
        if number is None:
            raise RowError(f"the {meaning} is {self.text(column)[:_MAX_SHOWN]!r}")
        return number

    def optional(self, column: int | None, meaning: str, limits: tuple[float, float]) -> float | None:
        """None for an empty cell and for 0 where that is out of `limits`, by which programs say unknown."""
        text = self.text(column)
        number = number_in(_as_decimal(text), *limits)
        if number is None and text and number_in(text) != 0:
            self.unused.append(f"the {meaning} is {text[:_MAX_SHOWN]!r}")
        return number


def _as_decimal(text: str) -> str | float:
    """`47 deg 7' 24.00" N` and `500.5 m Above Sea Level` as numbers; other text as it is."""
    height = _ABOVE_SEA.fullmatch(text)
    if height:
        return height[1] if height[2] == "Above" else f"-{height[1]}"
    found = _SEXAGESIMAL.fullmatch(text)
    if not found:
        return text
    degrees, minutes, seconds = (
        number_in(found[index], 0, most) for index, most in ((1, 180), (2, 60), (3, 60))
    )
    if degrees is None or minutes is None or seconds is None:
        return text
    return (-1 if found[4] in "SW" else 1) * (degrees + minutes / 60 + seconds / 3600)
