"""Open a video, and find its film: the stream of pictures that is no cover art, preview or chapter image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from components.ingest.source.source_file import SourceFile
from components.ingest.video.film_clock import Stamp, length_seconds, typical_step
from components.ingest.video.mp4_header import Mp4Header, read_mp4_header
from components.shared.errors import InputError

_FORMATS = (
    "mov,matroska,avi,mpegts,mpeg,asf,flv,mxf,ogg,dv,ivf,h264,hevc,av1,obu,m4v,mpegvideo,mjpeg,yuv4mpegpipe"
)
"""Demuxers of FFmpeg that read one file. Others follow addresses in the file, as of playlists."""
_NO_FILM = (
    Disposition.attached_pic
    | Disposition.timed_thumbnails
    | Disposition.still_image
    | Disposition.dependent
    | Disposition.metadata
)
_MATROSKA, _SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"
"""Identifiers of EBML, with which a file begins, and of the element around all else."""


@dataclass(frozen=True, slots=True)
class Film:
    """The stream of a video that is used."""

    index: int
    """Of the stream in its container."""
    frames: int
    seconds: float
    step: float
    """Typical time from one frame to the next, in seconds."""
    others: tuple[str, ...]
    """Sizes of other streams as long as this one, as in `1920 x 1080`."""
    cut_off: str
    """Why the file could not be read to its end; empty where it could."""


@contextmanager
def open_video(video: SourceFile) -> Iterator[InputContainer]:
    """Open the container of a video. Errors of FFmpeg in the block become an InputError."""
    try:
        options = {"format_whitelist": _FORMATS}
        with av.open(f"file:{video.path}", options=options, metadata_errors="replace") as container:
            yield container
    except FFmpegError as error:
        raise unreadable(video, _cause(video, error)) from error


def find_film(container: InputContainer, video: SourceFile) -> Film:
    """Read all packets and choose the stream: among those with half as many frames as the longest one
    or more the default, then the largest.

    Raises:
        InputError: the video has no pictures, is encrypted, or cannot be decoded.
    """
    candidates = [stream for stream in container.streams.video if not stream.disposition & _NO_FILM]
    if not candidates:
        sound = "only sound" if container.streams.audio else "no moving pictures"
        raise unreadable(video, f"it holds {sound}", remedy="Give the film itself, or a folder of photos.")
    decodable = [stream for stream in candidates if stream.codec_context is not None]
    if not decodable:
        raise unreadable(video, "its codec is not one that FFmpeg decodes")
    stamps, cut_off = _read_packets(container, decodable, video)
    most = max(len(times) for times in stamps.values())
    if not most:
        raise unreadable(video, f"it has no pictures ({cut_off or 'its index names none'})")
    films = [stream for stream in decodable if len(stamps[stream.index]) * 2 >= most]
    film = max(films, key=lambda stream: (bool(stream.disposition & Disposition.default), _pixels(stream)))
    times = stamps[film.index]
    step = typical_step(times, film.average_rate)
    return Film(
        index=film.index,
        frames=len(times),
        seconds=length_seconds(times, step),
        step=step,
        others=tuple(f"{other.width} x {other.height}" for other in films if other is not film),
        cut_off=cut_off or _missing(film, len(times)) or _missing_bytes(video),
    )


def _read_packets(
    container: InputContainer, streams: list[VideoStream], video: SourceFile
) -> tuple[dict[int, list[Stamp]], str]:
    """Time stamps by stream, in the order of the file, and why reading ended before its end."""
    stamps: dict[int, list[Stamp]] = {stream.index: [] for stream in streams}
    try:
        for packet in container.demux(tuple(streams)):
            if not packet.size or packet.is_discard:  # the end, or cut away by an edit list
                continue
            if packet.has_sidedata("encryption_info"):
                raise unreadable(
                    video, "it is encrypted", remedy="Export a copy without copy protection (DRM)."
                )
            unit = packet.time_base
            stamps[packet.stream_index].append(
                Stamp(*(None if time is None else float(time * unit) for time in (packet.pts, packet.dts)))
            )
    except FFmpegError as error:
        return stamps, str(error.strerror)
    return stamps, ""


def _missing(film: VideoStream, read: int) -> str:
    """Why there are fewer frames than the header promises; empty where there are not."""
    return f"the file ends after {read} of {film.frames} frames" if read < 0.95 * film.frames else ""


def _missing_bytes(video: SourceFile) -> str:
    """Why a Matroska file is shorter than its segment, which says its size; empty for other files.

    FFmpeg reads it to where it ends, without an error.
    """
    assert video.path is not None, "videos are always fetched"
    start, size = _start(video), video.path.stat().st_size
    at = start.find(_SEGMENT) + len(_SEGMENT)
    if not start.startswith(_MATROSKA) or at < len(_SEGMENT) or not start[at : at + 1]:
        return ""
    length = 9 - start[at].bit_length()
    value = int.from_bytes(start[at : at + length], "big") & ((1 << 7 * length) - 1)
    is_unknown = value == (1 << 7 * length) - 1
    whole = at + length + value
    return f"the file ends after {size:,} of {whole:,} bytes" if size < whole and not is_unknown else ""


def _pixels(stream: VideoStream) -> int:
    return stream.width * stream.height


def _cause(video: SourceFile, error: FFmpegError) -> str:
    assert video.path is not None, "videos are always fetched"
    if isinstance(error, PermissionError | FileNotFoundError):
        return str(error.strerror)
    header = read_mp4_header(video.path)
    if video.path.stat().st_size == 0:
        return "the file is empty"
    if header is Mp4Header.MISSING:
        return "its index (moov) is missing: recording or copying was interrupted"
    if header is None and b"\0" not in _start(video):
        return f"its content is text, in spite of its name {PurePosixPath(video.name).suffix}"
    return str(error.strerror)


def _start(video: SourceFile) -> bytes:
    assert video.path is not None, "videos are always fetched"
    with video.path.open("rb") as file:
        return file.read(4096)


def unreadable(
    video: SourceFile, why: str, remedy: str = "Copy it again completely, or export it as .mp4 (H.264)."
) -> InputError:
    return InputError(f"{video.name} cannot be read as a video: {why}", remedy=remedy)
