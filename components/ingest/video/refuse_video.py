"""Refuse videos whose colours cannot be read."""

from __future__ import annotations

from components.ingest.source.source_file import SourceFile
from components.ingest.video.mp4_header import dolby_vision_profile, read_mp4_header
from components.shared.errors import InputError

_NOT_BACKWARD_COMPATIBLE = 5


def refuse_dolby_vision(video: SourceFile) -> None:
    """Raises: InputError: the header of the MP4 says Dolby Vision of profile 5."""
    assert video.path is not None, "videos are always fetched"
    header = read_mp4_header(video.path)
    if isinstance(header, bytes) and dolby_vision_profile(header) == _NOT_BACKWARD_COMPATIBLE:
        raise InputError(
            f"{video.name} is Dolby Vision of profile 5, whose colours only licensed players can show",
            remedy="Export it as H.264 or HEVC in SDR. (Profile 8, as iPhones film, is read.)",
        )
