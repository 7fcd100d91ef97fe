"""Where an equirectangular picture lies on the sphere around the camera, as its XMP (`GPano`) says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from components.ingest.metadata.read_xmp import xmp_value
from components.shared.numbers import number_in

SPHERE_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" '
    b'GPano:ProjectionType="equirectangular"/></rdf:RDF></x:xmpmeta>'
)
"""Of a picture that goes all around."""
_MAX_PIXELS = 1e7
_TOLERANCE = 0.01
"""Programs round the sides of crops."""


@dataclass(frozen=True, slots=True)
class Sphere:
    """The whole sphere, in pixels of a picture that shows all or a part of it."""

    width: float
    """All around the horizon."""
    height: float
    """From straight up to straight down."""
    left: float = 0.0
    """Of the picture, from the sphere's left edge, which is behind the camera."""
    top: float = 0.0
    """Of the picture, from straight up."""
    pitch_degrees: float = 0.0
    """Of the picture's middle above the horizon."""
    roll_degrees: float = 0.0
    """Of the camera, clockwise."""

    @property
    def level_from_picture(self) -> np.ndarray:
        """Rotation [3, 3] that makes the horizon level; x right, y down, z to the picture's middle."""
        pitch, roll = math.radians(self.pitch_degrees), math.radians(self.roll_degrees)
        up = np.array(
            [[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]]
        )
        clockwise = np.array(
            [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
        )
        return np.asarray(up @ clockwise)

    def is_closed(self, width: int) -> bool:
        """Whether a picture of this width goes all around."""
        return width >= (1 - _TOLERANCE) * self.width

    def project(self, rays: np.ndarray) -> np.ndarray:
        """Pixels [H, W, 2] of rays [H, W, 3] in the picture's frame.

        Columns are counted on over the sphere's edge, so that neighbours stay neighbours.
        """
        middle = rays[rays.shape[0] // 2, rays.shape[1] // 2]
        ahead = math.atan2(middle[0], middle[2])
        aside = np.arctan2(rays[..., 0], rays[..., 2]) - ahead
        longitude = ahead + (aside + math.pi) % (2 * math.pi) - math.pi
        latitude = np.arctan2(rays[..., 1], np.hypot(rays[..., 0], rays[..., 2]))
        x = (longitude / (2 * math.pi) + 0.5) * self.width - self.left
        y = (latitude / math.pi + 0.5) * self.height - self.top
        return np.stack([x, y], axis=-1)


def sphere_of(xmp: str, width: int, height: int) -> Sphere | None:
    """The sphere of an equirectangular picture of this size; None where it is a stereo pair.

    Without a plausible crop in XMP the picture goes all around, with the horizon in its middle.
    """
    pitch = number_in(xmp_value(xmp, "GPano:PosePitchDegrees"), -90, 90) or 0.0
    roll = number_in(xmp_value(xmp, "GPano:PoseRollDegrees"), -180, 180) or 0.0
    crop = _crop(xmp, width, height)
    if crop is not None:
        return Sphere(*crop, pitch, roll)
    if height > (1 + _TOLERANCE) * width / 2:
        return None
    return Sphere(width, width / 2, 0.0, (width / 2 - height) / 2, pitch, roll)


def _crop(xmp: str, width: int, height: int) -> tuple[float, float, float, float] | None:
    """Width and height of the whole sphere, left and top of the picture, in pixels of the picture."""

    def pixels(name: str, least: float) -> float | None:
        return number_in(xmp_value(xmp, f"GPano:{name}"), least, _MAX_PIXELS)

    whole = pixels("FullPanoWidthPixels", 1), pixels("FullPanoHeightPixels", 1)
    part = pixels("CroppedAreaImageWidthPixels", 1), pixels("CroppedAreaImageHeightPixels", 1)
    corner = pixels("CroppedAreaLeftPixels", 0), pixels("CroppedAreaTopPixels", 0)
    if None in (*whole, *part, *corner):
        return None
    sides = np.array([whole, part, corner], np.float64)
    fits = (sides[1] + sides[2] <= (1 + _TOLERANCE) * sides[0]).all()
    scale = np.array([width, height]) / sides[1]  # the picture may have been shrunk since
    if not fits or abs(scale[0] / scale[1] - 1) > _TOLERANCE:
        return None
    (full_width, full_height), _, (left, top) = sides * scale
    return float(full_width), float(full_height), float(left), float(top)
