"""Refuse videos whose pictures are not those of one flat camera, or whose colours cannot be read."""

from __future__ import annotations

import sys

from av.buffer import Buffer
from av.video.frame import VideoFrame

from components.ingest.source.source_file import SourceFile
from components.ingest.video.mp4_header import (
    Mp4Header,
    dolby_vision_profile,
    read_mp4_header,
    says_spherical,
)
from components.shared.errors import InputError

_RECTILINEAR = 4
"""Of FFmpeg's AVSphericalProjection: a flat picture."""
_NOT_BACKWARD_COMPATIBLE = 5


def refuse_by_header(video: SourceFile) -> None:
    """Raises: InputError: the header of the MP4 says 360° or Dolby Vision of profile 5."""
    assert video.path is not None, "videos are always fetched"
    header = read_mp4_header(video.path)
    if header is None or isinstance(header, Mp4Header):
        return
    if says_spherical(header):
        raise spherical_error(video)
    if dolby_vision_profile(header) == _NOT_BACKWARD_COMPATIBLE:
        raise InputError(
            f"{video.name} is Dolby Vision of profile 5, whose colours only licensed players can show",
            remedy="Export it as H.264 or HEVC in SDR. (Profile 8, as iPhones film, is read.)",
        )


def refuse_by_frame(frame: VideoFrame, video: SourceFile) -> None:
    """Raises: InputError: the video states another projection than that of a flat camera."""
    mapping = frame.side_data.get("SPHERICAL")
    if isinstance(mapping, Buffer) and int.from_bytes(bytes(mapping)[:4], sys.byteorder) != _RECTILINEAR:
        raise spherical_error(video)


def spherical_error(video: SourceFile) -> InputError:
    """The error for a video that shows all directions, or a circular fisheye."""
    return InputError(
        f"{video.name} is a 360° or fisheye video; only flat ones, as of a phone, can be used",
        remedy='Export flat video from it in the app of the camera ("reframe", "flat", "single lens"): '
        "several passes in different directions make the best scene.",
    )
