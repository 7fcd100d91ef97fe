"""The flat views of a 360° photo: where they look, and how large they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from components.ingest.photos.sphere import Sphere

FIELD_OF_VIEW_DEGREES = 90.0
MAX_SIDE_PX = 1600
_MIN_SIDE_PX = 200
_COUNT = 8
_PITCH_DEGREES = 22.0


@dataclass(frozen=True, slots=True)
class Direction:
    """Where a view looks: degrees clockwise from the middle of the 360° photo, and above the horizon."""

    heading_degrees: float
    pitch_degrees: float

    @property
    def name(self) -> str:
        return f"{self.heading_degrees:03.0f}"

    @property
    def cam_from_rig(self) -> np.ndarray:
        """Rotation [3, 3]; the rig's axes are x right, y down, z to the middle of the 360° photo."""
        heading, pitch = math.radians(self.heading_degrees), math.radians(self.pitch_degrees)
        turn = np.array(
            [
                [math.cos(heading), 0.0, -math.sin(heading)],
                [0.0, 1.0, 0.0],
                [math.sin(heading), 0.0, math.cos(heading)],
            ]
        )
        raise_ = np.array(
            [
                [1.0, 0.0, 0.0],
                [0.0, math.cos(pitch), math.sin(pitch)],
                [0.0, -math.sin(pitch), math.cos(pitch)],
            ]
        )
        return np.asarray(raise_ @ turn)

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """`cam_from_rig` as w, x, y, z."""
        heading, pitch = math.radians(-self.heading_degrees) / 2, math.radians(-self.pitch_degrees) / 2
        w, x = math.cos(pitch), math.sin(pitch)
        return (
            w * math.cos(heading),
            x * math.cos(heading),
            w * math.sin(heading),
            x * math.sin(heading),
        )


DIRECTIONS = tuple(
    Direction(360.0 * index / _COUNT, _PITCH_DEGREES * (-1) ** index) for index in range(_COUNT)
)
"""All around, every other view upwards and downwards; none shows what is straight below: the tripod."""


def side_px(sphere: Sphere) -> int:
    """Width and height of views: in their middle, their pixels are as large as those of the 360° photo."""
    side = sphere.width / math.pi * math.tan(math.radians(FIELD_OF_VIEW_DEGREES / 2))
    return max(_MIN_SIDE_PX, min(MAX_SIDE_PX, round(side)))


def focal_px(side: int) -> float:
    """Focal length of views with sides of so many pixels."""
    return side / 2 / math.tan(math.radians(FIELD_OF_VIEW_DEGREES / 2))
