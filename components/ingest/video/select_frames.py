"""Select frames of a video as photos: the sharpest one of each interval of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from components.ingest.photos.measure_sharpness import measure_sharpness
from components.ingest.photos.sphere import SPHERE_XMP
from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile
from components.ingest.video.decode_film import Damage, decode_film
from components.ingest.video.film_clock import FilmClock
from components.ingest.video.recognize_sphere import is_spherical_film
from components.ingest.video.refuse_video import refuse_dolby_vision
from components.ingest.video.video_color import ColorTags, UnknownMatrixError
from components.ingest.video.video_stream import Film, find_film, open_video, unreadable
from components.ingest.video.write_frame import MAX_PIXEL_ASPECT, write_frame
from components.shared.errors import InputError
from components.shared.progress import OnProgress, Progress
from components.shared.resources import available_cpus
from components.shared.scene import fitted_size

_MEASURED_SIDE_PX = 640
"""Sharpness is measured at this size: motion blur is visible, and it takes a tenth of the time."""
_PIXELS_IN_THREADS = 200_000_000
"""Each thread of a decoder holds a frame; up to 17 more are held for reference."""
_MAX_MEGAPIXELS = 100.0
"""Cameras film up to 80; a larger frame is a damaged header, and would take gigabytes."""
_FRAMES_TO_JUDGE = 3
"""So many of the first frames tell a 360° film."""
_TINY = 1e-6


@dataclass(slots=True)
class SelectedFrames:
    """Frames of a video, and what its photographer should know."""

    frames: list[SourceFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Shot:
    """A frame with its place in the film."""

    index: int
    seconds: float
    """Since the first frame."""
    frame: VideoFrame
    was_interlaced: bool
    pixel_aspect: Fraction


def select_frames(
    video: SourceFile, folder: Path, settings: IngestSettings, on_progress: OnProgress
) -> SelectedFrames:
    """Write the frames to `folder` as JPEGs, as players show them; their names rise with time.

    They are sRGB, with square pixels, turned as the video states. Damaged parts of the video are left out.

    Raises:
        InputError: the file is not a video, is neither flat nor equirectangular, is encrypted, is damaged so
            that less than `min_images` frames remain, or has more pixels per frame than `settings` allow.
    """
    with open_video(video) as container:
        refuse_dolby_vision(video)
        film = find_film(container, video)
    damage = Damage(cause=film.cut_off)
    with open_video(video) as container:
        stream = container.streams[film.index]
        assert isinstance(stream, VideoStream)
        _check_size(stream.width, stream.height, video, settings)
        selected = SelectedFrames(notes=_notes(video, film, stream))
        shots = _shots(container, stream, film, damage, video, settings)
        tags = ColorTags.of(stream.codec_context)
        sharpest = _sharpest(shots, film, settings, on_progress)
        first = list(islice(sharpest, _FRAMES_TO_JUDGE))
        judged = [shot.frame for shot in first]
        is_spherical = is_spherical_film(video, judged, [_luminance(frame) for frame in judged])
        xmp = SPHERE_XMP if is_spherical else b""
        for shot in chain(first, sharpest):
            selected.frames.append(_write(shot, folder, tags, container, video, xmp))
    _check_count(video, len(selected.frames), damage, settings)
    if damage.cause or damage.frames:
        selected.notes.append(_damage_note(video, film, damage))
    return selected


def _shots(
    container: InputContainer,
    stream: VideoStream,
    film: Film,
    damage: Damage,
    video: SourceFile,
    settings: IngestSettings,
) -> Iterator[_Shot]:
    """The good frames of the film with their times and pixels."""
    threads = _PIXELS_IN_THREADS // max(1, stream.width * stream.height)
    stream.thread_type, stream.codec_context.thread_count = "AUTO", max(1, min(threads, available_cpus()))
    clock = FilmClock(film.step)
    in_codec = stream.codec_context.sample_aspect_ratio
    is_of_container = stream.sample_aspect_ratio != in_codec
    for index, (frame, was_interlaced) in enumerate(decode_film(container, stream, damage)):
        _check_size(frame.width, frame.height, video, settings)
        aspect = (
            None if is_of_container else stream.codec_context.sample_aspect_ratio
        )  # may change on the way
        seconds = clock.tick(frame.time)
        aspect = _plausible(aspect or stream.sample_aspect_ratio) or Fraction(1)
        yield _Shot(index, seconds, frame, was_interlaced, aspect)


def _sharpest(
    shots: Iterator[_Shot], film: Film, settings: IngestSettings, on_progress: OnProgress
) -> Iterator[_Shot]:
    """Yield the sharpest frame of each interval of time; only one frame is held in memory."""
    windows = _windows(film, settings)
    best: _Shot | None = None
    best_sharpness, window = -1.0, 0
    for shot in shots:
        now = shot.index if film.frames <= windows else int(shot.seconds * windows / film.seconds + _TINY)
        if best and min(now, windows - 1) > window:
            yield best
            best_sharpness = -1.0
        window = min(now, windows - 1)
        sharpness = _sharpness(shot.frame)
        if sharpness > best_sharpness:
            best, best_sharpness = shot, sharpness
        done = min(1.0, shot.index / film.frames)
        on_progress(Progress("select frames", done, f"{shot.index} of {film.frames} frames"))
    if best:
        yield best


def _windows(film: Film, settings: IngestSettings) -> int:
    by_time = max(settings.min_images, int(film.seconds * settings.max_video_frames_per_second + _TINY))
    return max(1, min(film.frames, by_time, settings.max_video_frames))


def _sharpness(frame: VideoFrame) -> float:
    return measure_sharpness(_luminance(frame)) or 0.0


def _luminance(frame: VideoFrame) -> np.ndarray:
    """float32 [H, W], shrunk."""
    width, height = fitted_size(frame.width, frame.height, _MEASURED_SIDE_PX)
    return frame.reformat(width, height, "gray").to_ndarray().astype(np.float32)


def _write(
    shot: _Shot, folder: Path, tags: ColorTags, container: InputContainer, video: SourceFile, xmp: bytes
) -> SourceFile:
    try:
        return write_frame(
            shot.frame,
            folder / f"frame_{shot.index:06d}.jpg",
            seconds=shot.seconds,
            was_interlaced=shot.was_interlaced,
            pixel_aspect=shot.pixel_aspect,
            container_tags=tags,
            metadata=container.metadata,
            xmp=xmp,
        )
    except UnknownMatrixError as error:
        raise InputError(
            f"{video.name} codes its colours as {error}, which cannot be read",
            remedy="Export it as H.264 or HEVC in SDR.",
        ) from error


def _check_size(width: int, height: int, video: SourceFile, settings: IngestSettings) -> None:
    limit = min(settings.max_megapixels, _MAX_MEGAPIXELS)
    if width * height > limit * 1e6:
        raise InputError(
            f"{video.name} has {width} x {height}, {width * height / 1e6:.3g} million pixels a frame; "
            f"the limit is {limit:g}",
            remedy="Export the video at a lower resolution.",
        )


def _check_count(video: SourceFile, frames: int, damage: Damage, settings: IngestSettings) -> None:
    if not frames:
        cause = damage.cause or (f"{damage.frames} are damaged" if damage.frames else "it has none")
        raise unreadable(video, f"no frame of it can be decoded ({cause})")
    if frames < settings.min_images:
        damaged = f"; damaged: {damage.frames}" if damage.frames else ""
        usable = "1 frame" if frames == 1 else f"{frames} frames"
        raise InputError(
            f"{video.name} has {usable} to use; at least {settings.min_images} are needed{damaged}",
            remedy="Film a slow walk around the scene of 10 seconds or more.",
        )


def _plausible(aspect: Fraction | None) -> Fraction | None:
    if aspect is None or not 1 / MAX_PIXEL_ASPECT <= aspect <= MAX_PIXEL_ASPECT:
        return None
    return aspect


def _notes(video: SourceFile, film: Film, stream: VideoStream) -> list[str]:
    notes = []
    if film.others:
        size = f"{stream.width} x {stream.height}"
        notes.append(f"{video.name} holds {len(film.others) + 1} films; the one of {size} was used")
    aspect = stream.sample_aspect_ratio
    if aspect and not _plausible(aspect):
        stated = f"{aspect.numerator}:{aspect.denominator}"
        notes.append(f"{video.name} states pixels of {stated}, which is not plausible; they count as square")
    return notes


def _damage_note(video: SourceFile, film: Film, damage: Damage) -> str:
    left_out = f"; {damage.frames} of {film.frames} frames were left out" if damage.frames else ""
    return f"{video.name} is damaged: {damage.cause or 'pictures cannot be decoded'}{left_out}"
