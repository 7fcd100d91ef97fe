"""All captures by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.rendered import captures, damaged
from tests.rendered.survey import survey
from tests.rendered.truth import Truth

CAPTURES: dict[str, Callable[..., Truth]] = {
    "orbit": captures.orbit,
    "corridor": captures.corridor,
    "two_rooms": captures.two_rooms,
    "fisheye": captures.fisheye_room,
    "sphere_walk": captures.sphere_walk,
    "two_cameras": captures.two_cameras,
    "survey": survey,
    "turn_on_the_spot": damaged.turn_on_the_spot,
    "two_parts": damaged.two_parts,
    "cut_clip": damaged.cut_clip,
    "thin_link": damaged.thin_link,
    "repeated": damaged.repeated,
    "low_texture": damaged.low_texture,
}


def capture_named(name: str) -> Callable[[Path], Truth]:
    """The function for a name, with the number of photos after a hyphen if not the usual one: `survey-1000`.

    Raises:
        ValueError: there is no such capture.
    """
    kind, _, photos = name.partition("-")
    if kind not in CAPTURES or (photos and not photos.isdigit()):
        raise ValueError(f"no capture {name!r}: known are {', '.join(CAPTURES)}, each with -PHOTOS or not")
    return partial(CAPTURES[kind], photos=int(photos)) if photos else CAPTURES[kind]
