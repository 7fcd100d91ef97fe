"""Decode a film around its damage, interlaced frames as whole pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


@dataclass(slots=True)
class Damage:
    """What of a film could not be used."""

    frames: int = 0
    """Frames left out: damaged ones, and those that follow up to the next key frame."""
    cause: str = ""
    """The first error of the decoder; empty without one."""


def decode_film(
    container: InputContainer, stream: VideoStream, damage: Damage
) -> Iterator[tuple[VideoFrame, bool]]:
    """Yield the good frames in the order in which they are shown, and whether they were interlaced.

    `damage` says what was left out. Frames after damage refer to what is damaged, until the next key frame.
    """
    deinterlacer = Deinterlacer()
    waits_for_key = False
    for result in _decoded(container, stream):
        if isinstance(result, FFmpegError):
            damage.cause = damage.cause or str(result.strerror)
            damage.frames += 1
            waits_for_key = True
            continue
        waits_for_key = result.is_corrupt or (waits_for_key and not result.key_frame)
        if waits_for_key:
            damage.frames += 1
        else:
            yield from deinterlacer.process(result)
    yield from deinterlacer.flush()


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame | FFmpegError]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError as error:
            yield error
            yield from _decode(stream, None)
            return
        yield from _decode(stream, packet)


def _decode(stream: VideoStream, packet: av.Packet | None) -> Iterator[VideoFrame | FFmpegError]:
    try:
        yield from stream.decode(packet)
    except EOFError:  # the decoder was flushed before
        return
    except FFmpegError as error:
        yield error


class Deinterlacer:
    """Makes whole pictures of interlaced frames (FFmpeg's bwdif); progressive ones pass unchanged."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._kind: tuple[int, int, str] | None = None

    def process(self, frame: VideoFrame) -> Iterator[tuple[VideoFrame, bool]]:
        """The frames that are complete once `frame` is known, and whether they were interlaced."""
        kind = (frame.width, frame.height, frame.format.name)
        if self._graph and kind != self._kind:
            yield from self.flush()
        if not self._graph:
            if not frame.interlaced_frame:
                yield frame, False
                return
            self._graph, self._kind = _bwdif(frame), kind
        self._graph.push(frame)
        yield from _pulled(self._graph)

    def flush(self) -> Iterator[tuple[VideoFrame, bool]]:
        """The remaining frames."""
        if self._graph:
            self._graph.push(None)
            yield from _pulled(self._graph)
            self._graph = None


def _bwdif(frame: VideoFrame) -> Graph:
    graph = Graph()
    assert frame.time_base is not None, "decoded frames have a time base"
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    deinterlace = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(deinterlace)
    deinterlace.link_to(sink)
    graph.configure()
    return graph


def _pulled(graph: Graph) -> Iterator[tuple[VideoFrame, bool]]:
    while True:
        try:
            yield graph.vpull(), True
        except (av.error.BlockingIOError, av.error.EOFError):
            return
