"""Whether a film is a 360° film, by its header, its frames' metadata, or what they show."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame

from components.ingest.photos.recognize_panorama import Projection, seen_projection
from components.ingest.source.source_file import SourceFile
from components.ingest.video.mp4_header import read_mp4_header, spherical_projection
from components.shared.errors import InputError

_EQUIRECTANGULAR, _RECTILINEAR = 0, 4
_PROJECTIONS = {
    1: "a cubemap",
    2: "a part of an equirectangular picture",
    3: "half a sphere (VR180)",
    5: "fisheye pictures",
}
"""By FFmpeg's number in AVSphericalProjection."""
_FLAT_STEREO = 0
_STEREO = "two pictures, for both eyes"
_RAW = "the raw pictures of a 360° camera, two fisheyes that are not stitched yet"


def is_spherical_film(video: SourceFile, frames: Sequence[VideoFrame], grays: Sequence[np.ndarray]) -> bool:
    """Whether the frames are equirectangular.

    frames, grays: the first ones to be used, and their luminance [H, W]. Most of them decide where the film
    states nothing: a single one may be a fade.

    Raises:
        InputError: the film has another projection that is not that of a flat camera.
    """
    if not frames:
        return False
    assert video.path is not None, "videos are always fetched"
    header = read_mp4_header(video.path)
    stated = spherical_projection(header) if isinstance(header, bytes) else ""
    number = _stated_number(frames[0])
    if stated == "stereo" or (_is_stereo(frames[0]) and (stated or number not in (None, _RECTILINEAR))):
        raise _unusable(video, _STEREO)
    if number in _PROJECTIONS or stated not in ("", "equirectangular"):
        raise _unusable(video, _PROJECTIONS.get(number or -1, f"a picture of the projection {stated!r}"))
    if stated or number == _EQUIRECTANGULAR:
        return True
    seen = [seen_projection(gray) for gray in grays]
    most = max(seen, key=seen.count)
    if seen.count(most) <= len(seen) // 2:
        return False
    if most == Projection.TWO_FISHEYES:
        raise _unusable(video, _RAW)
    return most == Projection.SPHERE


def _stated_number(frame: VideoFrame) -> int | None:
    mapping = frame.side_data.get("SPHERICAL")
    return int.from_bytes(bytes(mapping)[:4], sys.byteorder) if isinstance(mapping, Buffer) else None


def _is_stereo(frame: VideoFrame) -> bool:
    stereo = frame.side_data.get("STEREO3D")
    return isinstance(stereo, Buffer) and int.from_bytes(bytes(stereo)[:4], sys.byteorder) != _FLAT_STEREO


def _unusable(video: SourceFile, what: str) -> InputError:
    return InputError(
        f"{video.name} shows {what}; only flat films, as of a phone, and 360° films in equirectangular "
        "projection can be used",
        remedy="Export it in the app of the camera as a 360° film (equirectangular, twice as wide as high, "
        "for one eye), or as flat film.",
    )
