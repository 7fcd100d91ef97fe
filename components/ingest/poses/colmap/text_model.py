"""Read the cameras and images of a COLMAP model in text."""

from __future__ import annotations

from collections.abc import Iterator

from components.ingest.poses.colmap.model import MOST_ENTRIES, ModelCamera, ModelImage, model_image
from components.ingest.poses.damaged import damaged
from components.ingest.source.safe_names import shown_text
from components.ingest.source.source_file import SourceFile
from components.shared.numbers import number_in

_MAX_LINE_BYTES = 1 << 26
_MAX_ID = 2**32 - 1
_SHOWN = 40


def lines_of(file: SourceFile) -> Iterator[tuple[int, str]]:
    """Number and text of each line, without white space around it; bytes that are no UTF-8 are kept.

    Raises:
        InputError: a line is longer than 64 MB.
    """
    assert file.path is not None, "such files are always fetched"
    with file.path.open("rb") as opened:
        number = 0
        while line := opened.readline(_MAX_LINE_BYTES):
            number += 1
            if len(line) == _MAX_LINE_BYTES:
                raise damaged(file.name, f"line {number} is longer than {_MAX_LINE_BYTES} bytes")
            yield number, line.decode("utf-8", "surrogateescape").lstrip("\ufeff").strip()


def read_text_cameras(file: SourceFile) -> dict[int, ModelCamera]:
    """The cameras of `cameras.txt` by id."""
    cameras: dict[int, ModelCamera] = {}
    for number, line in lines_of(file):
        if _is_empty(line):
            continue
        place = f"line {number}"
        fields = line.split()
        if len(fields) < 5:
            raise damaged(file.name, f"{place}: {shown(line)} is not a camera")
        camera_id = _id(fields[0], file.name, place)
        values = [_number(field, file.name, place) for field in fields[2:]]
        if camera_id in cameras:
            raise damaged(file.name, f"{place}: a second camera has the id {camera_id}")
        cameras[camera_id] = ModelCamera(
            shown_text(fields[1])[:_SHOWN], (values[0], values[1]), tuple(values[2:]), place
        )
        _check_count(len(cameras), file.name)
    return cameras


def read_text_images(file: SourceFile) -> list[ModelImage]:
    """The photos of `images.txt`, each of which has a second line, of what it observes."""
    images: list[ModelImage] = []
    lines = lines_of(file)
    for number, line in lines:
        if _is_empty(line):
            continue
        images.append(_image(line, file.name, f"line {number}"))
        _check_count(len(images), file.name)
        number, observed = next(lines, (number + 1, ""))
        # A photo without this line would hide the one after it.
        if observed and not observed.rsplit(None, 1)[-1].lstrip("-").isdigit():
            raise damaged(
                file.name,
                f"line {number}: {shown(observed)} is not what {shown_text(images[-1].name)} observes; each "
                "image has two lines, of which the second may be empty",
            )
    return images


def _image(line: str, source: str, place: str) -> ModelImage:
    fields = line.split(None, 9)
    if len(fields) < 10:
        raise damaged(source, f"{place}: {shown(line)} is not an image: it has {len(fields)} of 10 fields")
    pose = [_number(field, source, place) for field in fields[1:8]]
    return model_image(fields[9], _id(fields[8], source, place), pose, source, place)


def _id(field: str, source: str, place: str) -> int:
    number = number_in(field, 0, _MAX_ID)
    if number is None or number != int(number):
        raise damaged(source, f"{place}: {shown(field)} is not the id of a camera")
    return int(number)


def _number(field: str, source: str, place: str) -> float:
    number = number_in(field)
    if number is None:
        raise damaged(source, f"{place}: {shown(field)} is not a finite number")
    return number


def _check_count(count: int, source: str) -> None:
    if count > MOST_ENTRIES:
        raise damaged(source, f"it has more than {MOST_ENTRIES} entries, the limit")


def _is_empty(line: str) -> bool:
    return not line or line.startswith("#")


def shown(text: str) -> str:
    """The beginning of a line for an error, in quotes."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
