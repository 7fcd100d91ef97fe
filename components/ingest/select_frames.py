"""Select frames of a video as photos: the sharpest one of each interval of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from PIL import Image
from PIL.ExifTags import IFD, Base

from components.ingest.measure_sharpness import measure_sharpness
from components.ingest.settings import IngestSettings
from components.ingest.source_file import SourceFile
from components.shared.errors import InputError
from components.shared.progress import OnProgress, Progress
from components.shared.resources import available_cpus
from components.shared.scene import fitted_size

_JPEG_QUALITY = 95
_MEASURED_SIDE_PX = 640
"""Sharpness is measured at this size: motion blur is visible, and it takes a tenth of the time."""


def select_frames(
    video: SourceFile, folder: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """Write the frames to `folder` as JPEGs, rotated as the video states; their names rise with time.

    Raises:
        InputError: the file is not a video, is damaged, or has more pixels per frame than `settings` allow.
    """
    try:
        with av.open(str(video.path)) as container:
            if not container.streams.video:
                raise _unreadable(video, "it has no video stream")
            count, seconds = _length(container)
        with av.open(str(video.path)) as container:
            stream = container.streams.video[0]
            stream.thread_type, stream.codec_context.thread_count = "AUTO", available_cpus()
            _check_size(stream.width * stream.height, video, settings)
            windows = _windows(count, seconds, settings)
            best = _sharpest(container.decode(stream), windows, count, on_progress)
            return [_write(frame, index, container.metadata, folder) for index, frame in best]
    except FFmpegError as error:
        raise _unreadable(video, str(error.strerror)) from error


def _length(container: av.container.InputContainer) -> tuple[int, float]:
    """Number of frames and duration in seconds, from the packets: headers often lack both."""
    times = [
        packet.pts * (packet.time_base or Fraction(1))
        for packet in container.demux(container.streams.video[0])
        if packet.pts is not None
    ]
    if len(times) < 2:
        return len(times), 0.0
    span = float(max(times) - min(times))  # from the start of the first frame to that of the last
    return len(times), span * len(times) / (len(times) - 1)


def _windows(count: int, seconds: float, settings: IngestSettings) -> int:
    by_time = max(settings.min_images, int(seconds * settings.max_video_frames_per_second))
    return max(1, min(count, by_time, settings.max_video_frames))


def _sharpest(
    frames: Iterator[VideoFrame], windows: int, count: int, on_progress: OnProgress
) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the sharpest frame of each window with its index; only one frame is held in memory."""
    best: tuple[int, VideoFrame] | None = None
    best_sharpness, window = -1.0, 0
    for index, frame in enumerate(frames):
        if best and index * windows // count > window:
            yield best
            best_sharpness, window = -1.0, index * windows // count
        sharpness = _sharpness(frame)
        if sharpness > best_sharpness:
            best, best_sharpness = (index, frame), sharpness
        on_progress(Progress("select frames", min(1.0, index / count), f"{index} of {count} frames"))
    if best:
        yield best


def _sharpness(frame: VideoFrame) -> float:
    width, height = fitted_size(frame.width, frame.height, _MEASURED_SIDE_PX)
    gray = frame.reformat(width, height, "gray").to_ndarray().astype(np.float32)
    return measure_sharpness(gray) or 0.0


def _write(frame: VideoFrame, index: int, metadata: dict[str, str], folder: Path) -> SourceFile:
    name = f"frame_{index:06d}.jpg"
    image = frame.to_image()
    if frame.rotation % 360:
        image = image.rotate(frame.rotation, expand=True)
    exif = _exif(metadata, frame.time or 0.0)
    image.save(folder / name, "JPEG", quality=_JPEG_QUALITY, subsampling=0, exif=exif)
    return SourceFile(name, folder / name)


def _exif(metadata: dict[str, str], seconds: float) -> Image.Exif:
    """EXIF with make, model and time from the metadata that phones write into a video."""
    exif = Image.Exif()
    for tag, name in ((Base.Make, "make"), (Base.Model, "model")):
        value = metadata.get(f"com.apple.quicktime.{name}") or metadata.get(f"com.android.{name}")
        if value:
            exif[tag] = value
    try:
        started = datetime.fromisoformat(metadata.get("creation_time", ""))
    except ValueError:
        return exif
    taken = started.astimezone(UTC) + timedelta(seconds=seconds)
    details = exif.get_ifd(IFD.Exif)
    details[Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
    details[Base.SubsecTimeOriginal] = f"{taken.microsecond:06d}"
    details[Base.OffsetTimeOriginal] = "+00:00"
    return exif


def _check_size(pixels: int, video: SourceFile, settings: IngestSettings) -> None:
    if pixels > settings.max_megapixels * 1e6:
        raise InputError(
            f"{video.name} has {pixels / 1e6:.0f} million pixels a frame; "
            f"the limit is {settings.max_megapixels:g}",
            remedy="Export the video at a lower resolution.",
        )


def _unreadable(video: SourceFile, why: str) -> InputError:
    return InputError(
        f"{video.name} cannot be read as a video: {why}",
        remedy="Copy it again completely, or export it as .mp4 (H.264).",
    )
