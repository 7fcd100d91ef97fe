"""`cameras.json`: the views that Gaussians were trained on, for stages that must know what is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.contracts.training import Row4, Triple
from components.shared.errors import InputError
from components.shared.scene import Camera

CAMERAS_FILE = "cameras.json"

Side = Annotated[int, Field(ge=1, le=1 << 16)]


class CameraInfo(Contract):
    """A pinhole camera with COLMAP's axes: x right, y down, z forward."""

    name: str
    """Path of the photo under `images/`."""
    width: Side
    height: Side
    viewmat: tuple[Row4, Row4, Row4, Row4]
    """cam_from_world, in rows."""
    K: tuple[Triple, Triple, Triple]
    """Intrinsics in pixels, in rows; pixel centres are at .5."""

    @classmethod
    def of(cls, name: str, camera: Camera) -> CameraInfo:
        return cls(
            name=name,
            width=camera.width,
            height=camera.height,
            viewmat=camera.viewmat.tolist(),
            K=camera.K.tolist(),
        )

    def camera(self) -> Camera:
        return Camera(np.array(self.viewmat), np.array(self.K), self.width, self.height)


class TrainingCameras(Contract):
    """Cameras of photos at the size that was trained on."""

    schema_version: SchemaVersion = 1
    cameras: tuple[CameraInfo, ...]
    """Of the photos that were trained on."""
    held_out: tuple[CameraInfo, ...] = ()
    """Of the others, whose pictures lie beside the file: `components/shared/held_out_photos.py`."""


def read_cameras(path: Path, *, required: bool = False) -> list[Camera]:
    """The cameras of a `cameras.json`; none if it is missing, as in artifacts of earlier versions.

    Raises:
        InputError: a value is missing or not allowed, or the file is `required` and missing.
    """
    if not path.exists():
        if required:
            raise InputError(f"{path} does not exist", remedy="Check the path of the cameras.")
        return []
    return [each.camera() for each in TrainingCameras.read(path).cameras]
