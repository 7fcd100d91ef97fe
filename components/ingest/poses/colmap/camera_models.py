"""COLMAP's camera models, and the lenses of the contract that they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.ingest.poses.damaged import damaged
from components.ingest.poses.given_intrinsics import Intrinsics
from components.shared.contracts.capture import Lens
from components.shared.errors import InputError
from components.shared.numbers import number_in

_MAX_SIDE_PX, _MIN_FOCAL_PX, _MAX_FOCAL_PX, _MAX_PX, _MAX_COEFFICIENT = 1e6, 1e-3, 1e7, 1e6, 1e3
_MIN_DISTORTION = 1e-9


@dataclass(frozen=True, slots=True)
class CameraModel:
    """One of COLMAP's camera models: focal lengths, principal point, then distortion."""

    name: str
    parameters: int
    focal_lengths: int = 0
    """1 or 2 of the parameters; 0 for a model that no lens of the contract is equal to."""
    lens: Lens | None = None
    """Its distortion begins with that of the model, and has zeros for the rest."""


_DISTORTION = {Lens.PINHOLE: 0, Lens.OPENCV: 4, Lens.FULL_OPENCV: 8, Lens.OPENCV_FISHEYE: 4}
"""Number of coefficients."""

CAMERA_MODELS = (
    CameraModel("SIMPLE_PINHOLE", 3, 1, Lens.PINHOLE),
    CameraModel("PINHOLE", 4, 2, Lens.PINHOLE),
    CameraModel("SIMPLE_RADIAL", 4, 1, Lens.OPENCV),
    CameraModel("RADIAL", 5, 1, Lens.OPENCV),
    CameraModel("OPENCV", 8, 2, Lens.OPENCV),
    CameraModel("OPENCV_FISHEYE", 8, 2, Lens.OPENCV_FISHEYE),
    CameraModel("FULL_OPENCV", 12, 2, Lens.FULL_OPENCV),
    CameraModel("FOV", 5),
    CameraModel("SIMPLE_RADIAL_FISHEYE", 4, 1, Lens.OPENCV_FISHEYE),
    CameraModel("RADIAL_FISHEYE", 5, 1, Lens.OPENCV_FISHEYE),
    CameraModel("THIN_PRISM_FISHEYE", 12),
    CameraModel("RAD_TAN_THIN_PRISM_FISHEYE", 16),
    CameraModel("SIMPLE_DIVISION", 4),
    CameraModel("DIVISION", 5),
    CameraModel("SIMPLE_FISHEYE", 3, 1, Lens.OPENCV_FISHEYE),
    CameraModel("FISHEYE", 4, 2, Lens.OPENCV_FISHEYE),
    CameraModel("EUCM", 6),
    CameraModel("EQUIRECTANGULAR", 2),
)
"""In the order of COLMAP's numbers for them."""
_BY_NAME = {model.name: model for model in CAMERA_MODELS}


def intrinsics_of_camera(
    name: str, size: tuple[float, float], parameters: Sequence[float], place: str
) -> Intrinsics:
    """Intrinsics of a camera of the COLMAP model `name`; `place` says where it is in errors.

    Raises:
        InputError: the model is unknown or of no lens that can be used, or a number is out of range.
    """
    model = _BY_NAME.get(name)
    if model is None or model.lens is None:
        raise InputError(
            f"{place}: cameras of the model {name} cannot be used",
            remedy="Undistort the photos with COLMAP's image_undistorter and give its output, or take the "
            "model out of the capture: poses are then computed from the photos.",
        )
    if len(parameters) != model.parameters:
        raise damaged(place, f"{len(parameters)} parameters, and a camera of {name} has {model.parameters}")
    count = model.focal_lengths
    width, height = (_checked(side, 1, _MAX_SIDE_PX, "the size", place) for side in size)
    focal = [_checked(f, _MIN_FOCAL_PX, _MAX_FOCAL_PX, "the focal length", place) for f in parameters[:count]]
    center = [
        _checked(c, -_MAX_PX, _MAX_PX, "the principal point", place) for c in parameters[count : count + 2]
    ]
    distortion = [
        _checked(k, -_MAX_COEFFICIENT, _MAX_COEFFICIENT, "the distortion", place)
        for k in parameters[count + 2 :]
    ]
    lens = model.lens
    if lens != Lens.OPENCV_FISHEYE and all(abs(k) <= _MIN_DISTORTION for k in distortion):
        lens, distortion = Lens.PINHOLE, []
    return Intrinsics(
        focal=(focal[0], focal[-1]),
        center=(center[0], center[1]),
        size=(round(width), round(height)),
        angle_x=None,
        lens=lens,
        distortion=(*distortion, *[0.0] * (_DISTORTION[lens] - len(distortion))),
    )


def _checked(value: float, low: float, high: float, what: str, place: str) -> float:
    number = number_in(value, low, high)
    if number is None:
        raise damaged(place, f"{what} is {value:g}; it must be a number from {low:,.10g} to {high:,.10g}")
    return number
