"""Read where photos were taken from Blender's `transforms_train.json` or nerfstudio's `transforms.json`."""

from __future__ import annotations

import json
import math
import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from components.ingest.records import GivenPose, SourceFile
from components.shared.errors import InputError

TRAIN, TEST, VAL, SINGLE = (
    "transforms_train.json",
    "transforms_test.json",
    "transforms_val.json",
    "transforms.json",
)
TRANSFORMS_FILES = frozenset({TRAIN, TEST, VAL, SINGLE})

_PINHOLES = frozenset({"", "PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "RADIAL", "SIMPLE_RADIAL", "PERSPECTIVE"})
"""Those among them that bend lines do so by the numbers of `_DISTORTIONS`."""
_DISTORTIONS = ("k1", "k2", "k3", "k4", "p1", "p2")
_MAX_DISTORTION = 1e-9
_MAX_SKEW, _MAX_STRETCH = 1e-2, 1e-2
_MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Lens:
    """Focal lengths and centre in pixels of a photo of `size`; None follows from `angle_x`, in radians."""

    focal: tuple[float, float] | None
    center: tuple[float, float] | None
    size: tuple[int, int] | None
    angle_x: float | None

    def in_pixels(self, width: int, height: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """Focal lengths and centre for a photo of this size."""
        across, down = (width / self.size[0], height / self.size[1]) if self.size else (1.0, 1.0)
        if self.focal:
            focal = (self.focal[0] * across, self.focal[1] * down)
        else:
            assert self.angle_x is not None, "a lens without either is refused when it is read"
            focal = (0.5 * width / math.tan(0.5 * self.angle_x),) * 2
        if not self.center:
            return focal, (0.5 * width, 0.5 * height)
        return focal, (self.center[0] * across, self.center[1] * down)

    def fits(self, width: int, height: int) -> bool:
        """Whether a photo of this size can be the one that it was measured on, or a smaller copy."""
        if not self.size:
            return True
        return abs(width / height * self.size[1] / self.size[0] - 1.0) < _MAX_STRETCH


@dataclass(frozen=True, slots=True)
class Frame:
    """One photo as the file names it: a path from the capture's root, perhaps without its suffix."""

    path: str
    source: str
    world_from_camera: list[list[float]]
    lens: Lens
    z_is_up: bool
    held_out: bool

    def pose(self, width: int, height: int) -> GivenPose:
        if not self.lens.fits(width, height):
            stated = self.lens.size
            raise InputError(
                f"{self.path} has {width} x {height} pixels, and {self.source} describes a camera of "
                f"{stated and f'{stated[0]} x {stated[1]}'}: another shape",
                remedy="Give the photos that the file was made for, not cut; smaller copies are fine.",
            )
        focal, center = self.lens.in_pixels(width, height)
        return GivenPose(self.world_from_camera, focal, center, self.z_is_up, self.held_out)


def read_transforms(file: SourceFile, *, held_out: bool) -> list[Frame]:
    """All frames of one file; `held_out`: none of them is for training.

    Raises:
        InputError: it is damaged, or describes cameras that are no pinholes.
    """
    content = _read(file)
    z_is_up = PurePosixPath(file.name).name != SINGLE
    apart = set(content.get("test_filenames") or content.get("val_filenames") or ())
    try:
        return [
            Frame(
                path=_path_from_root(file.name, frame["file_path"]),
                source=file.name,
                world_from_camera=_matrix(frame, file.name),
                lens=_lens(content | frame, file.name),
                z_is_up=z_is_up,
                held_out=held_out or frame["file_path"] in apart,
            )
            for frame in content["frames"]
        ]
    except KeyError as error:
        raise _damaged(file.name, f"a frame has no {error.args[0]}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise _damaged(file.name, f"a number or a text is of another kind ({error})") from error


def _read(file: SourceFile) -> dict[str, Any]:
    assert file.path is not None, "such files are always fetched"
    if file.path.stat().st_size > _MAX_BYTES:
        raise _damaged(file.name, f"{file.path.stat().st_size} bytes; the limit is {_MAX_BYTES}")
    try:
        content = json.loads(file.path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _damaged(file.name, str(error)) from error
    if not isinstance(content, dict) or not isinstance(content.get("frames"), list):
        raise _damaged(file.name, "it has no list of frames")
    return content


def _path_from_root(source: str, path: str) -> str:
    joined = posixpath.join(posixpath.dirname(source), path.replace("\\", "/"))
    return posixpath.normpath(joined)


def _matrix(frame: dict[str, Any], source: str) -> list[list[float]]:
    """world_from_camera without the scale that Blender's cameras may have, [4, 4]."""
    rows = frame["transform_matrix"]
    named = f"the transform_matrix of {frame['file_path']}"
    if not isinstance(rows, list) or {len(row) for row in rows} != {4} or len(rows) not in (3, 4):
        raise _damaged(source, f"{named} has not 4 x 4 numbers")
    matrix = np.array(rows, np.float64)
    if not np.isfinite(matrix).all():
        raise _damaged(source, f"{named} has numbers that are not finite")
    u, scales, vt = np.linalg.svd(matrix[:3, :3])
    if scales[0] > (1 + _MAX_SKEW) * scales[2]:
        raise _damaged(source, f"{named} does not only turn and move: it stretches by {_ratio(scales)}")
    if np.linalg.det(u @ vt) < 0:
        raise _damaged(source, f"{named} does not only turn and move: it mirrors")
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = u @ vt, matrix[:3, 3]
    rigid: list[list[float]] = pose.tolist()
    return rigid


def _ratio(scales: np.ndarray) -> str:
    return f"{scales[0] / scales[2]:.3g} to 1" if scales[2] > 0 else "infinity"


def _lens(content: dict[str, Any], source: str) -> Lens:
    """Of a frame's own entries over those of the whole file."""
    model = str(content.get("camera_model") or "")
    bent = [
        f"{name} {content[name]:g}" for name in _DISTORTIONS if abs(content.get(name) or 0) > _MAX_DISTORTION
    ]
    if model.upper() not in _PINHOLES or content.get("is_fisheye") or bent:
        raise InputError(
            f"{source} describes lenses that bend straight lines ({', '.join([model, *bent]).strip(', ')}); "
            "only pinhole cameras can be used as they are",
            remedy="Give undistorted photos with their transforms, or take the file out of the capture: "
            "the poses are then found from the photos, and the distortion with them.",
        )
    angle = content.get("camera_angle_x")
    lens = Lens(
        focal=_pair(content, "fl_x", "fl_y"),
        center=_pair(content, "cx", "cy"),
        size=_size(content),
        angle_x=None if angle is None else float(angle),
    )
    if lens.focal is None and (lens.angle_x is None or not 0.0 < lens.angle_x < math.pi):
        raise _damaged(source, "it has neither a focal length (fl_x) nor an angle of view (camera_angle_x)")
    if lens.focal and min(lens.focal) <= 0:
        raise _damaged(source, f"a focal length is {min(lens.focal):g}")
    return lens


def _pair(content: dict[str, Any], x: str, y: str) -> tuple[float, float] | None:
    """The second is as the first where it is not given."""
    if content.get(x) is None:
        return None
    return float(content[x]), float(content[y] if content.get(y) is not None else content[x])


def _size(content: dict[str, Any]) -> tuple[int, int] | None:
    if not content.get("w") or not content.get("h"):
        return None
    return int(content["w"]), int(content["h"])


def _damaged(source: str, what: str) -> InputError:
    return InputError(
        f"the poses in {source} cannot be read: {what}",
        remedy="Export the file again, or take it out of the capture: the poses are then found from the "
        "photos.",
    )
