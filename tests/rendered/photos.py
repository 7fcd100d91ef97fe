"""Photos on disk: JPEG with the EXIF of a camera, and XMP where it is a panorama."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pycolmap
from PIL import Image

from components.ingest.metadata.read_exif import Exif
from components.ingest.metadata.write_exif import exif_bytes
from components.shared.contracts.capture import Gps
from tests.rendered.lenses import focal_35mm
from tests.rendered.render import Scenery
from tests.rendered.truth import TrueView, Truth

MAKE = "kubesplat"
_JPEG_QUALITY = 95
_START, _BETWEEN_PHOTOS = datetime(2025, 6, 21, 10, 0, 0), timedelta(seconds=2)
_GPANO = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"
 GPano:ProjectionType="equirectangular" GPano:UsePanoramaViewer="True"
 GPano:FullPanoWidthPixels="{width}" GPano:FullPanoHeightPixels="{height}"
 GPano:CroppedAreaImageWidthPixels="{width}" GPano:CroppedAreaImageHeightPixels="{height}"
 GPano:CroppedAreaLeftPixels="0" GPano:CroppedAreaTopPixels="0"/></rdf:RDF></x:xmpmeta>"""


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo to be taken. model: that of the camera, for EXIF; gps: as written into EXIF."""

    name: str
    camera: pycolmap.Camera
    cam_from_world: np.ndarray
    model: str = "Rendered camera"
    orientation: int = 1
    gps: Gps | None = None


def take_photos(folder: Path, scenery: Scenery, shots: list[Shot], *, after: int = 0) -> dict[str, TrueView]:
    """Write the photos; `after`: number of photos that the camera took before, for the time in EXIF."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, shot in enumerate(shots, start=after):
        image = Image.fromarray(scenery.photo(shot.camera, shot.cam_from_world))
        image.save(
            folder / shot.name,
            "JPEG",
            quality=_JPEG_QUALITY,
            subsampling=0,
            exif=_exif(shot, _START + number * _BETWEEN_PHOTOS),
            **_xmp(shot.camera),
        )
    return {shot.name: TrueView(shot.cam_from_world, shot.camera) for shot in shots}


def take_capture(folder: Path, scenery: Scenery, shots: list[Shot]) -> Truth:
    """The photos of one connected scene, and their truth."""
    views = take_photos(folder, scenery, shots)
    return Truth(views, parts=[list(views)])


def _exif(shot: Shot, taken: datetime) -> bytes:
    exif = Exif(
        make=MAKE,
        model=shot.model,
        orientation=shot.orientation,
        captured_at=taken.isoformat(),
        gps=shot.gps,
        focal_length_35mm=focal_35mm(shot.camera),
    )
    return exif_bytes(exif, shot.camera.width, shot.camera.height)


def _xmp(camera: pycolmap.Camera) -> dict[str, bytes]:
    if not camera.is_spherical():
        return {}
    return {"xmp": _GPANO.format(width=camera.width, height=camera.height).encode()}
