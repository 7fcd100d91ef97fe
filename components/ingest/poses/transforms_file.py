"""The content of a `transforms.json`, checked: every number is finite and in range."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from components.ingest.poses.damaged import damaged
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.contract import first_problem
from components.shared.numbers import number_in

_MAX_BYTES = 200_000_000
_MAX_PX, _MAX_FOCAL_PX, _MAX_COEFFICIENT, _MAX_PLACE = 1e6, 1e7, 1e3, 1e9


def _number(low: float, high: float, unit: str = "") -> BeforeValidator:
    """A number from `low` to `high`; text that is a number counts as one."""

    def check(value: Any) -> float | None:
        if value is None:
            return None
        number = number_in(value, low, high)
        if number is None:
            raise PydanticCustomError("range", f"it must be a number from {low:,.10g} to {high:,.10g}{unit}")
        return number

    return BeforeValidator(check)


def _angle(value: Any) -> float | None:
    number = number_in(value, 1e-3, math.pi - 1e-3)
    if value is not None and number is None:
        hint = "; is it in degrees?" if number_in(value, math.pi, 180.0) else ""
        raise PydanticCustomError("range", f"it must be an angle in radians, from 0.001 to 3.14{hint}")
    return number


def _frames(value: Any) -> Any:
    """The frames as a list; some tools write an object, by the photos' paths."""
    if not isinstance(value, dict):
        return value
    return [
        {"file_path": path, **frame} if isinstance(frame, dict) else frame for path, frame in value.items()
    ]


Focal = Annotated[float | None, _number(1e-3, _MAX_FOCAL_PX, " pixels")]
Place = Annotated[float | None, _number(-_MAX_PX, _MAX_PX, " pixels")]
Side = Annotated[float | None, _number(1, _MAX_PX, " pixels")]
Coefficient = Annotated[float | None, _number(-_MAX_COEFFICIENT, _MAX_COEFFICIENT)]
Element = Annotated[float, _number(-_MAX_PLACE, _MAX_PLACE)]


class CameraEntries(BaseModel):
    """What the file, or a frame of it, says of the camera."""

    model_config = ConfigDict(frozen=True)

    camera_model: str | None = None
    is_fisheye: bool | None = None
    camera_angle_x: Annotated[float | None, BeforeValidator(_angle)] = None
    fl_x: Focal = None
    fl_y: Focal = None
    cx: Place = None
    cy: Place = None
    w: Side = None
    h: Side = None
    k1: Coefficient = None
    k2: Coefficient = None
    k3: Coefficient = None
    k4: Coefficient = None
    p1: Coefficient = None
    p2: Coefficient = None
    distortion_params: list[Annotated[float, _number(-_MAX_COEFFICIENT, _MAX_COEFFICIENT)]] | None = None
    """k1, k2, k3, k4, p1, p2 in one list, as nerfstudio reads it in place of these."""

    def updated_by(self, frame: CameraEntries) -> CameraEntries:
        """The same entries with those of a frame in their place where it has some."""
        names = frame.model_fields_set & CameraEntries.model_fields.keys()
        return self.model_copy(update={name: getattr(frame, name) for name in names})


class FrameEntries(CameraEntries):
    """One photo."""

    file_path: str
    transform_matrix: list[list[Element]]
    mask_path: str | None = None


class TransformsFile(CameraEntries):
    """The whole file."""

    frames: Annotated[list[FrameEntries], BeforeValidator(_frames)]
    train_filenames: list[str] | None = None
    test_filenames: list[str] | None = None
    val_filenames: list[str] | None = None
    ply_file_path: str | None = None


def read_transforms_file(file: SourceFile) -> TransformsFile:
    """The content of the file; UTF-8 and UTF-16 with or without a byte order mark.

    Raises:
        InputError: it is no JSON, or a value is missing, of another type, or out of range.
    """
    assert file.path is not None, "such files are always fetched"
    if file.path.stat().st_size > _MAX_BYTES:
        raise damaged(file.name, f"{file.path.stat().st_size} bytes; the limit is {_MAX_BYTES}")
    try:
        return TransformsFile.model_validate(json.loads(file.path.read_bytes()))
    except ValidationError as error:
        raise damaged(file.name, first_problem(error)) from error
    except (ValueError, RecursionError) as error:
        raise damaged(file.name, str(error)) from error
