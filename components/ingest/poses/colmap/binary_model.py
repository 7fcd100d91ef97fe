"""Read the cameras and images of a binary COLMAP model; every count is checked before memory is taken."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from components.ingest.poses.colmap.camera_models import CAMERA_MODELS
from components.ingest.poses.colmap.model import MOST_ENTRIES, ModelCamera, ModelImage, model_image
from components.ingest.poses.damaged import damaged
from components.ingest.source.source_file import SourceFile

_COUNT = struct.Struct("<Q")
_CAMERA = struct.Struct("<IiQQ")
_IMAGE = struct.Struct("<I7dI")
_OBSERVATION_BYTES = 24
_MAX_NAME_BYTES = 4096


class BinaryFile:
    """A file of a model, read from its start: a count, and that many entries."""

    def __init__(self, data: mmap.mmap | bytes, source: str) -> None:
        self.data, self.source = data, source
        self.at = 0

    @property
    def place(self) -> str:
        return f"byte {self.at}"

    def unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        self.skip(layout.size)
        return layout.unpack_from(self.data, self.at - layout.size)

    def skip(self, count: int) -> None:
        if count > len(self.data) - self.at:
            raise self.cut_off()
        self.at += count

    def name(self) -> str:
        """A text that a zero ends. Bytes that are no UTF-8 are kept as in names of files."""
        end = self.data.find(b"\0", self.at, self.at + _MAX_NAME_BYTES)
        if end < 0:
            raise damaged(self.source, f"{self.place}: the name of an image does not end")
        name = self.data[self.at : end].decode("utf-8", "surrogateescape")
        self.at = end + 1
        return name

    def count(self, what: str, smallest: int) -> int:
        """The number of entries, each of at least `smallest` bytes."""
        (count,) = self.unpack(_COUNT)
        left = len(self.data) - self.at
        if count > left // smallest:
            raise damaged(
                self.source, f"it claims {count} {what} and has {left} bytes for them: it is cut off"
            )
        return int(count)

    def refuse_rest(self, what: str) -> None:
        left = len(self.data) - self.at
        if left:
            raise damaged(self.source, f"{left} bytes follow after its last {what}, at {self.place}")

    def cut_off(self) -> Exception:
        return damaged(self.source, f"it is cut off: it has {len(self.data)} bytes, and more are needed")


@contextmanager
def binary_file(file: SourceFile) -> Iterator[BinaryFile]:
    """The file, mapped into memory."""
    assert file.path is not None, "such files are always fetched"
    with file.path.open("rb") as opened:
        if opened.seek(0, 2) == 0:
            raise damaged(file.name, "it is empty")
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield BinaryFile(data, file.name)


def read_binary_cameras(file: SourceFile) -> dict[int, ModelCamera]:
    """The cameras of `cameras.bin` by id."""
    cameras = {}
    with binary_file(file) as data:
        for _ in range(_limited(data, data.count("cameras", _CAMERA.size), "cameras")):
            place = data.place
            camera_id, number, width, height = data.unpack(_CAMERA)
            if not 0 <= number < len(CAMERA_MODELS):
                raise damaged(file.name, f"{place}: the camera {camera_id} has the unknown model {number}")
            model = CAMERA_MODELS[number]
            parameters = data.unpack(struct.Struct(f"<{model.parameters}d"))
            if camera_id in cameras:
                raise damaged(file.name, f"{place}: a second camera has the id {camera_id}")
            cameras[camera_id] = ModelCamera(model.name, (width, height), parameters, place)
        data.refuse_rest("camera")
    return cameras


def read_binary_images(file: SourceFile) -> list[ModelImage]:
    """The photos of `images.bin`, without what they observe."""
    images = []
    with binary_file(file) as data:
        for _ in range(_limited(data, data.count("images", _IMAGE.size + 1 + _COUNT.size), "images")):
            place = data.place
            _, *pose, camera_id = data.unpack(_IMAGE)
            images.append(model_image(data.name(), camera_id, pose, file.name, place))
            (observations,) = data.unpack(_COUNT)
            data.skip(observations * _OBSERVATION_BYTES)
        data.refuse_rest("image")
    return images


def _limited(data: BinaryFile, count: int, what: str) -> int:
    if count > MOST_ENTRIES:
        raise damaged(data.source, f"it has {count} {what}; the limit is {MOST_ENTRIES}")
    return count
