"""Which column of a table holds what: by its header, or by the order of programs that write none."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMES: dict[str, tuple[str, ...]] = {
    "name": (
        *("name", "image", "imagename", "imagefile", "filename", "file", "photo", "photoname", "photofile"),
        *("label", "path", "filepath", "imagepath", "sourcefile", "img", "imgname", "picture"),
    ),
    "latitude": ("lat", "latitude", "gpslatitude", "gpslat"),
    "longitude": ("lon", "long", "lng", "longitude", "gpslongitude", "gpslon"),
    "x": ("x", "e", "east", "easting", "xeast", "xeasting", "geox", "xlongitude", "xm"),
    "y": ("y", "n", "north", "northing", "ynorth", "ynorthing", "geoy", "ylatitude", "ym"),
    "z": (
        *("z", "h", "alt", "altitude", "height", "elevation", "elev", "ele", "up", "gpsaltitude"),
        *("ellipsoidalheight", "absolutealtitude", "zaltitude", "zup", "geoz", "zm"),
    ),
    "accuracy": (
        *("accuracy", "accuracyhorizontal", "horizontalaccuracy", "accuracyhorz", "horzaccuracy", "hacc"),
        *("accuracyxy", "xyaccuracy", "xyacc", "gpsxyaccuracy", "horizontalerror", "sigmaxy", "stdxy"),
    ),
    "accuracy_x": ("accuracyx", "xaccuracy", "xacc", "sigmax", "stdx", "sdx", "stdlon", "rtkstdlon"),
    "accuracy_y": ("accuracyy", "yaccuracy", "yacc", "sigmay", "stdy", "sdy", "stdlat", "rtkstdlat"),
    "accuracy_z": (
        *("accuracyvertical", "verticalaccuracy", "accuracyvert", "vertaccuracy", "vacc", "accuracyz"),
        *("zaccuracy", "zacc", "gpszaccuracy", "verticalerror", "sigmaz", "stdz", "sdz", "rtkstdhgt"),
    ),
    "epsg": ("epsg", "crs"),
}
_MEANINGS = {spelled: meaning for meaning, names in _NAMES.items() for spelled in names}
_COMBINED = ("xlongitude", "ylatitude")
_UNITS = re.compile(r"[(\[].*?[)\]]|_m$")
_FEET = re.compile(r"(?i)[(\[_ ](us[ _-]?)?(ft|feet|foot)\b")


@dataclass(frozen=True, slots=True)
class Columns:
    """Indices of columns; x is the longitude and y the latitude where `is_degrees`."""

    name: int
    x: int
    y: int
    z: int | None = None
    accuracy: tuple[int, ...] = ()
    """One column, or one for each of x and y."""
    accuracy_z: int | None = None
    epsg: int | None = None
    is_degrees: bool | None = None
    """None where the header does not say."""
    in_feet: str = ""
    """The title of a column in feet."""


def columns_of_header(cells: list[str]) -> Columns | None:
    """None where the cells are no titles of a table of positions.

    A table of x and y without z counts only if these are called east and north: pixels are called so too.
    """
    found: dict[str, int] = {}
    keys = [_key(cell) for cell in cells]
    for index, key in enumerate(keys):
        meaning = _MEANINGS.get(key)
        if meaning:
            found.setdefault(meaning, index)
    is_degrees = "latitude" in found and "longitude" in found
    x, y = (found["longitude"], found["latitude"]) if is_degrees else (found.get("x", -1), found.get("y", -1))
    if "name" not in found or min(x, y) < 0:
        return None
    z = found.get("z")
    if z is not None and (keys[x], keys[z]) == ("x", "h"):
        z = None  # x, y, w, h are those of a box
    if not is_degrees and z is None and len(keys[x]) < len("east"):
        return None
    across = tuple(found[name] for name in ("accuracy_x", "accuracy_y") if name in found)
    used = [x, y] if z is None else [x, y, z]
    return Columns(
        name=found["name"],
        x=x,
        y=y,
        z=z,
        accuracy=(found["accuracy"],) if "accuracy" in found else across if len(across) == 2 else (),
        accuracy_z=found.get("accuracy_z"),
        epsg=found.get("epsg"),
        is_degrees=None if (keys[x], keys[y]) == _COMBINED else is_degrees,
        in_feet=next((cells[index] for index in used if _FEET.search(cells[index])), ""),
    )


def columns_without_header(numbers: int, *, latitude_first: bool, below_system: bool) -> Columns:
    """Columns of a row with so many numbers after the name: two coordinates, the height, both accuracies.

    below_system: a line names the coordinate system, as OpenDroneMap wants it; then three angles come before
    the accuracies in any case. Without one, as Pix4D writes it, they are there if there are numbers enough.
    """
    x, y = (2, 1) if latitude_first else (1, 2)
    has_angles = numbers >= (4 if below_system else 6)
    first = 7 if has_angles else 4
    return Columns(
        name=0,
        x=x,
        y=y,
        z=3 if numbers >= 3 else None,
        accuracy=(first,) if numbers >= first else (),
        accuracy_z=first + 1 if numbers >= first + 1 else None,
    )


def _key(title: str) -> str:
    """`Accuracy horizontal [m]` as `accuracyhorizontal`, `Latitude_deg` as `latitude`."""
    bare = re.sub(r"[^a-z0-9]", "", _UNITS.sub("", title.strip().lower()))
    return bare.removesuffix("degrees").removesuffix("deg").removesuffix("decimal")
