"""Intrinsics and distortion that a file of poses states."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from components.ingest.poses.damaged import damaged
from components.ingest.poses.transforms_file import CameraEntries
from components.shared.contracts.capture import Lens, Pair
from components.shared.errors import InputError

_PERSPECTIVE_MODELS = frozenset(
    {"", "PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "FULL_OPENCV", "RADIAL", "SIMPLE_RADIAL", "PERSPECTIVE"}
)
_FISHEYE_MODELS = frozenset({"OPENCV_FISHEYE", "FISHEYE"})
_COEFFICIENTS = ("k1", "k2", "k3", "k4", "p1", "p2")
_MIN_DISTORTION = 1e-9
_MAX_ASPECT_ERROR = 1e-2
_MAX_ANGLE = math.radians(75.0)
"""From the optical axis to the middle of an edge; beyond, a pinhole image is mostly its stretched border."""
_SAMPLES = 2001
_WIDEST = 20.0
"""Tangent of the widest angle from the optical axis for which distortion is followed, 87 degrees."""


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """Intrinsics as the file states them."""

    focal: Pair | None
    """x and y, in pixels of a photo of `size`; None follows from `angle_x`."""
    center: Pair | None
    """Principal point x and y, in pixels of a photo of `size`; None is the centre of the photo."""
    size: tuple[int, int] | None
    """Width and height in pixels; None is the size of the photo."""
    angle_x: float | None
    """Horizontal field of view in radians."""
    lens: Lens = Lens.PINHOLE
    distortion: tuple[float, ...] = ()
    """The parameters of COLMAP's model `lens` after focal lengths and principal point."""
    of_longer_side: bool = False
    """Whether `focal` and `center` are fractions of the photo's longer side, and `center` is relative to the
    middle of the photo: for photos of any size."""

    def in_pixels(self, width: int, height: int) -> tuple[Pair, Pair]:
        """Focal lengths and principal point for a photo of this size."""
        if self.of_longer_side:
            return self._of_longer_side(width, height)
        scale_x, scale_y = (width / self.size[0], height / self.size[1]) if self.size else (1.0, 1.0)
        if self.focal:
            focal = (self.focal[0] * scale_x, self.focal[1] * scale_y)
        else:
            assert self.angle_x is not None, "intrinsics without either are refused when they are read"
            focal = (0.5 * width / math.tan(0.5 * self.angle_x),) * 2
        if not self.center:
            return focal, (0.5 * width, 0.5 * height)
        return focal, (self.center[0] * scale_x, self.center[1] * scale_y)

    def _of_longer_side(self, width: int, height: int) -> tuple[Pair, Pair]:
        assert self.focal is not None, "relative intrinsics have a focal length"
        side, center = max(width, height), self.center or (0.0, 0.0)
        focal = (self.focal[0] * side, self.focal[1] * side)
        return focal, (0.5 * width + center[0] * side, 0.5 * height + center[1] * side)

    def fits(self, width: int, height: int) -> bool:
        """Whether a photo of this size has the aspect ratio of `size`."""
        if not self.size:
            return True
        return abs(width / height * self.size[1] / self.size[0] - 1.0) < _MAX_ASPECT_ERROR

    def undistortion_problem(self, width: int, height: int) -> str:
        """Why no pinhole image can show what such a photo of this size shows; empty where one can."""
        focal, center = self.in_pixels(width, height)
        edges = [(0.0, center[1]), (width, center[1]), (center[0], 0.0), (center[0], height)]
        radius = max(math.hypot((x - center[0]) / focal[0], (y - center[1]) / focal[1]) for x, y in edges)
        if self.lens == Lens.PINHOLE:
            return _too_wide(radius, focal, center)
        reached = _reached_radius(self.lens, self.distortion)
        if radius <= reached:
            return ""
        ends = "it sees 75 degrees from its axis, the most that is used"
        if self.lens != Lens.OPENCV_FISHEYE:
            ends = "its distortion folds back"
        values = " ".join(f"{value:g}" for value in self.distortion)
        return (
            f"the lens ({self.lens}, {values}) cannot be undistorted: {reached * focal[0]:.0f} pixels from "
            f"the centre {ends}, and an edge of the photo is {radius * focal[0]:.0f} pixels away"
        )


def intrinsics_of(entries: CameraEntries, source: str, named: str = "it") -> Intrinsics:
    """Intrinsics of one photo, which errors call `named`.

    Raises:
        InputError: the focal length is missing, or the kind of lens is not known.
    """
    lens, distortion = _lens(entries, source)
    size = (round(entries.w), round(entries.h)) if entries.w and entries.h else None
    focal = _pair(entries.fl_x, entries.fl_y)
    if focal is None and entries.camera_angle_x is None:
        raise damaged(
            source, f"{named} has neither a focal length (fl_x) nor an angle of view (camera_angle_x)"
        )
    return Intrinsics(focal, _pair(entries.cx, entries.cy), size, entries.camera_angle_x, lens, distortion)


def _lens(entries: CameraEntries, source: str) -> tuple[Lens, tuple[float, ...]]:
    """COLMAP's model and its distortion; coefficients mean the same in OpenCV and nerfstudio."""
    model = (entries.camera_model or "").upper()
    k1, k2, k3, k4, p1, p2 = _coefficients(entries, source)
    if model in _FISHEYE_MODELS or entries.is_fisheye:
        return Lens.OPENCV_FISHEYE, (k1, k2, k3, k4)
    if model not in _PERSPECTIVE_MODELS:
        raise InputError(
            f"{source} describes cameras of the model {entries.camera_model}, whose photos cannot be used",
            remedy="Give photos of perspective or fisheye cameras; of a 360° camera, flat views.",
        )
    if abs(k4) > _MIN_DISTORTION:
        raise damaged(source, f"k4 is {k4:g}; of a lens that is no fisheye, it has no agreed meaning")
    return brown_lens(k1, k2, k3, p1, p2)


def _coefficients(entries: CameraEntries, source: str) -> list[float]:
    """k1, k2, k3, k4, p1, p2."""
    listed = entries.distortion_params
    if listed is None:
        return [getattr(entries, name) or 0.0 for name in _COEFFICIENTS]
    if not any(listed):
        return [0.0] * len(_COEFFICIENTS)
    if len(listed) != len(_COEFFICIENTS):
        raise damaged(
            source, f"distortion_params has {len(listed)} numbers; it must have {', '.join(_COEFFICIENTS)}"
        )
    return listed


def brown_lens(k1: float, k2: float, k3: float, p1: float, p2: float) -> tuple[Lens, tuple[float, ...]]:
    """The simplest lens with these coefficients of OpenCV, and its distortion."""
    if abs(k3) > _MIN_DISTORTION:
        return Lens.FULL_OPENCV, (k1, k2, p1, p2, k3, 0.0, 0.0, 0.0)
    if max(map(abs, (k1, k2, p1, p2))) > _MIN_DISTORTION:
        return Lens.OPENCV, (k1, k2, p1, p2)
    return Lens.PINHOLE, ()


def _too_wide(radius: float, focal: Pair, center: Pair) -> str:
    """Why a lens without distortion cannot be true whose edges are `radius` focal lengths from its axis."""
    if radius <= math.tan(_MAX_ANGLE):
        return ""
    return (
        f"with a focal length of {focal[0]:.4g} and a principal point of {center[0]:.4g}, {center[1]:.4g} "
        f"pixels, an edge of the photo is {math.degrees(math.atan(radius)):.4g} degrees from the axis; "
        f"{math.degrees(_MAX_ANGLE):.0f} are the most that is used"
    )


def _reached_radius(lens: Lens, distortion: tuple[float, ...]) -> float:
    """The largest distance from the principal point, in focal lengths, up to which the lens is invertible.

    Tangential distortion, which is small, is not followed.
    """
    if lens == Lens.OPENCV_FISHEYE:
        angles = np.linspace(0.0, _MAX_ANGLE, _SAMPLES)
        squares = angles**2
        radii = angles * (1 + squares * np.polyval(distortion[::-1], squares))
    else:
        tangents = np.linspace(0.0, _WIDEST, 20 * _SAMPLES)
        squares = tangents**2
        k1, k2, _, _, k3, *denominator = (*distortion, *[0.0] * 4)[:8]
        radii = tangents * (1 + squares * np.polyval((k3, k2, k1), squares))
        radii /= _positive(1 + squares * np.polyval(denominator[::-1], squares))
    rising = np.diff(radii) > 0
    end = len(radii) - 1 if rising.all() else int(np.argmin(rising))
    return float(radii[end])


def _positive(values: np.ndarray) -> np.ndarray:
    """`values` up to the first that is not positive, and infinity from there on."""
    ends = np.cumsum(values <= 0) > 0
    return np.where(ends, np.inf, values)


def _pair(x: float | None, y: float | None) -> Pair | None:
    """`y` is as `x` where it is absent."""
    return None if x is None else (x, x if y is None else y)
