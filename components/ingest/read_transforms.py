"""Read poses and intrinsics from Blender's `transforms_train.json` or nerfstudio's `transforms.json`."""

from __future__ import annotations

import json
import math
import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from components.ingest.source_file import SourceFile
from components.shared.contracts.capture import GivenPose, Matrix4x4, Pair
from components.shared.contracts.contract import first_problem
from components.shared.errors import InputError

TRAIN, TEST, VAL, SINGLE = (
    "transforms_train.json",
    "transforms_test.json",
    "transforms_val.json",
    "transforms.json",
)
TRANSFORMS_FILES = frozenset({TRAIN, TEST, VAL, SINGLE})

_CAMERA_MODELS = frozenset(
    {"", "PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "RADIAL", "SIMPLE_RADIAL", "PERSPECTIVE"}
)
"""Models that are pinhole cameras if all their coefficients in `_DISTORTION_NAMES` are zero."""
_DISTORTION_NAMES = ("k1", "k2", "k3", "k4", "p1", "p2")
_MAX_DISTORTION = 1e-9
_MAX_ANISOTROPY, _MAX_ASPECT_ERROR = 1e-2, 1e-2
_MAX_BYTES = 200_000_000


class _CameraEntries(BaseModel):
    """What the file, or a frame of it, says of the camera."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    camera_model: str | None = None
    is_fisheye: bool | None = None
    camera_angle_x: float | None = None
    fl_x: float | None = None
    fl_y: float | None = None
    cx: float | None = None
    cy: float | None = None
    w: float | None = None
    h: float | None = None
    k1: float | None = None
    k2: float | None = None
    k3: float | None = None
    k4: float | None = None
    p1: float | None = None
    p2: float | None = None

    def updated_by(self, frame: _CameraEntries) -> _CameraEntries:
        """The same entries with those of a frame in their place where it has some."""
        names = frame.model_fields_set & _CameraEntries.model_fields.keys()
        return self.model_copy(update={name: getattr(frame, name) for name in names})


class _FrameEntries(_CameraEntries):
    file_path: str
    transform_matrix: list[list[float]]


class _File(_CameraEntries):
    frames: list[_FrameEntries]
    test_filenames: list[str] | None = None
    val_filenames: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """Pinhole intrinsics as the file states them."""

    focal: Pair | None
    """x and y, in pixels of a photo of `size`; None follows from `angle_x`."""
    center: Pair | None
    """Principal point x and y, in pixels of a photo of `size`; None is the centre of the photo."""
    size: tuple[int, int] | None
    """Width and height in pixels; None is the size of the photo."""
    angle_x: float | None
    """Horizontal field of view in radians."""

    def in_pixels(self, width: int, height: int) -> tuple[Pair, Pair]:
        """Focal lengths and principal point for a photo of this size."""
        scale_x, scale_y = (width / self.size[0], height / self.size[1]) if self.size else (1.0, 1.0)
        if self.focal:
            focal = (self.focal[0] * scale_x, self.focal[1] * scale_y)
        else:
            assert self.angle_x is not None, "intrinsics without either are refused when they are read"
            focal = (0.5 * width / math.tan(0.5 * self.angle_x),) * 2
        if not self.center:
            return focal, (0.5 * width, 0.5 * height)
        return focal, (self.center[0] * scale_x, self.center[1] * scale_y)

    def fits(self, width: int, height: int) -> bool:
        """Whether a photo of this size has the aspect ratio of `size`."""
        if not self.size:
            return True
        return abs(width / height * self.size[1] / self.size[0] - 1.0) < _MAX_ASPECT_ERROR


@dataclass(frozen=True, slots=True)
class Frame:
    """One photo of the file."""

    path: str
    """From the capture's root; Blender leaves the suffix out."""
    source: str
    """Name of the file."""
    world_from_camera: Matrix4x4
    intrinsics: Intrinsics
    z_is_up: bool
    held_out: bool

    def pose(self, width: int, height: int) -> GivenPose:
        """Pose and intrinsics for a photo of this size.

        Raises:
            InputError: the photo has another aspect ratio than the file states.
        """
        if not self.intrinsics.fits(width, height):
            stated = self.intrinsics.size
            raise InputError(
                f"{self.path} has {width} x {height} pixels, and {self.source} describes a camera of "
                f"{stated and f'{stated[0]} x {stated[1]}'}: another aspect ratio",
                remedy="Give the photos that the file was made for, uncropped; smaller copies are fine.",
            )
        focal, center = self.intrinsics.in_pixels(width, height)
        return GivenPose(
            world_from_camera=self.world_from_camera,
            focal=focal,
            center=center,
            z_is_up=self.z_is_up,
            held_out=self.held_out,
        )


def read_transforms(file: SourceFile, *, held_out: bool) -> list[Frame]:
    """All frames of one file; `held_out` holds all of them out of training.

    Raises:
        InputError: the file is damaged, or describes cameras that are not pinholes.
    """
    content = _read(file)
    z_is_up = PurePosixPath(file.name).name != SINGLE
    test_names = set(content.test_filenames or content.val_filenames or ())
    return [
        Frame(
            path=_path_from_root(file.name, frame.file_path),
            source=file.name,
            world_from_camera=_matrix(frame, file.name),
            intrinsics=_intrinsics(content.updated_by(frame), file.name),
            z_is_up=z_is_up,
            held_out=held_out or frame.file_path in test_names,
        )
        for frame in content.frames
    ]


def _read(file: SourceFile) -> _File:
    assert file.path is not None, "such files are always fetched"
    if file.path.stat().st_size > _MAX_BYTES:
        raise _damaged(file.name, f"{file.path.stat().st_size} bytes; the limit is {_MAX_BYTES}")
    try:
        return _File.model_validate(json.loads(file.path.read_bytes()))
    except ValidationError as error:
        raise _damaged(file.name, first_problem(error)) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(file.name, str(error)) from error


def _path_from_root(source: str, path: str) -> str:
    joined = posixpath.join(posixpath.dirname(source), path.replace("\\", "/"))
    return posixpath.normpath(joined)


def _matrix(frame: _FrameEntries, source: str) -> Matrix4x4:
    """world_from_camera [4, 4], without the uniform scale that Blender's cameras may have."""
    rows = frame.transform_matrix
    named = f"the transform_matrix of {frame.file_path}"
    if {len(row) for row in rows} != {4} or len(rows) not in (3, 4):
        raise _damaged(source, f"{named} does not have 4 x 4 numbers")
    matrix = np.array(rows, np.float64)
    u, scales, vt = np.linalg.svd(matrix[:3, :3])
    if scales[0] > (1 + _MAX_ANISOTROPY) * scales[2]:
        raise _damaged(
            source, f"{named} is not a rotation and translation: it scales axes by {_ratio(scales)}"
        )
    if np.linalg.det(u @ vt) < 0:
        raise _damaged(source, f"{named} is not a rotation and translation: it mirrors")
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = u @ vt, matrix[:3, 3]
    rigid = [(float(x), float(y), float(z), float(offset)) for x, y, z, offset in pose]
    return rigid[0], rigid[1], rigid[2], rigid[3]


def _ratio(scales: np.ndarray) -> str:
    return f"{scales[0] / scales[2]:.3g} to 1" if scales[2] > 0 else "infinity"


def _intrinsics(entries: _CameraEntries, source: str) -> Intrinsics:
    distortion = [
        f"{name} {value:g}"
        for name in _DISTORTION_NAMES
        if abs(value := getattr(entries, name) or 0.0) > _MAX_DISTORTION
    ]
    model = entries.camera_model or ""
    if model.upper() not in _CAMERA_MODELS or entries.is_fisheye or distortion:
        raise InputError(
            f"{source} describes lenses with distortion ({', '.join([model, *distortion]).strip(', ')}); "
            "poses can be used only for pinhole cameras",
            remedy="Give undistorted photos with their transforms, or take the file out of the capture: "
            "poses and distortion are then computed from the photos.",
        )
    angle_x, size = entries.camera_angle_x, None
    if entries.w and entries.h:
        size = int(entries.w), int(entries.h)
    focal = _pair(entries.fl_x, entries.fl_y)
    if focal is None and (angle_x is None or not 0.0 < angle_x < math.pi):
        raise _damaged(source, "it has neither a focal length (fl_x) nor an angle of view (camera_angle_x)")
    if focal and min(focal) <= 0:
        raise _damaged(source, f"a focal length is {min(focal):g}")
    return Intrinsics(focal, _pair(entries.cx, entries.cy), size, angle_x)


def _pair(x: float | None, y: float | None) -> Pair | None:
    """`y` is as `x` where it is absent."""
    return None if x is None else (x, x if y is None else y)


def _damaged(source: str, what: str) -> InputError:
    return InputError(
        f"the poses in {source} cannot be read: {what}",
        remedy="Export the file again, or take it out of the capture: poses are then computed from the "
        "photos.",
    )
