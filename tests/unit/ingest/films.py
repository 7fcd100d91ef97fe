"""Films of known colours and shapes, written by PyAV, and boxes for the headers of MP4 files."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.unit.ingest.samples import textured_image

FPS = 10
EXACT = {"crf": "10"}
PATCH_PX = 40
SAMPLE_ENTRY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1")
_HEADER_BYTES = {b"stsd": 8, b"avc1": 78}


def walk(frames: int, width: int = 320, height: int = 240) -> list[np.ndarray]:
    """Sharp frames that differ: uint8 [height, width, 3]."""
    wide = textured_image(1, width + 4 * frames, height)
    return [np.asarray(wide.crop((4 * n, 0, 4 * n + width, height))) for n in range(frames)]


def write_film(
    path: Path,
    frames: Iterable[np.ndarray | av.VideoFrame],
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    times: Sequence[float] | None = None,
    options: dict[str, str] | None = None,
    set_up: Callable[[Any], None] = lambda stream: None,
    container_format: str | None = None,
) -> Path:
    """Write frames, RGB as uint8 or ready; `times` are in seconds, by default 10 frames a second."""
    with _kept_scheduling(), av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=FPS, options=options or {})
        stream.pix_fmt = pix_fmt
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, pixels in enumerate(frames):
            frame = pixels if isinstance(pixels, av.VideoFrame) else av.VideoFrame.from_ndarray(pixels)
            if number == 0:
                stream.width, stream.height = frame.width, frame.height
                set_up(stream)
            if times:
                frame.pts, frame.time_base = round(times[number] * 1000), stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@contextmanager
def _kept_scheduling() -> Iterator[None]:
    """SVT-AV1 gives a process of root real-time priority for good, and all that it starts has it too."""
    if not hasattr(os, "sched_getscheduler"):  # macOS
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


def box(name: bytes, *contents: bytes) -> bytes:
    """A box of an MP4."""
    content = b"".join(contents)
    return struct.pack(">I4s", len(content) + 8, name) + content


def full_box(name: bytes, *contents: bytes) -> bytes:
    """A box with a version and flags of 0."""
    return box(name, bytes(4), *contents)


def append_box(film: bytes, path: Sequence[bytes], added: bytes) -> bytes:
    """The MP4 with `added` at the end of the box of this path; `moov` has to be the last box."""
    data, at, places = bytearray(film), 0, []
    for name in path:
        while data[at + 4 : at + 8] != name:
            at += struct.unpack_from(">I", data, at)[0]
        places.append(at)
        at += 8 + _HEADER_BYTES.get(name, 0)
    end = places[-1] + struct.unpack_from(">I", data, places[-1])[0]
    for place in places:
        struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + len(added))
    return bytes(data[:end] + added + data[end:])


def changes_of(content):
    """The changes that all frames have, but for the one that every video has."""
    (changes,) = {tuple(image["changes"]) for image in content["images"]}
    assert changes[0] == "video frame to JPEG"
    return changes[1:]


def differences(picture, other):
    return np.abs(picture.astype(float) - np.asarray(other, float)).mean()


def with_sar(aspect):
    def set_up(stream):
        stream.codec_context.sample_aspect_ratio = aspect

    return set_up
