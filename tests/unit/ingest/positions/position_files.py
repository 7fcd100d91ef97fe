"""Tables of positions beside three photos, and what ingest's room makes of them."""

from __future__ import annotations

from pathlib import Path

from components.ingest.positions.given_positions import GivenPositions, read_given_positions
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import Gps, MetricPosition

PHOTOS = ("a.jpg", "b.jpg", "sub/c.JPG")


def read(
    folder: Path, content: str | bytes, name: str = "geo.txt", **others: bytes
) -> tuple[GivenPositions | None, list[str]]:
    """The positions of a capture with this table, and the notes; `others` are more files, by suffix."""
    data = content.encode() if isinstance(content, str) else content
    files = [SourceFile(photo, folder / photo) for photo in PHOTOS]
    for each, bytes_ in {name: data, **{f"other.{key}": value for key, value in others.items()}}.items():
        (folder / Path(each).name).write_bytes(bytes_)
        files.append(SourceFile(each, folder / Path(each).name))
    notes: list[str] = []
    return read_given_positions(files, files[:3], notes), notes


def positions(folder: Path, content: str | bytes, name: str = "geo.txt") -> dict[str, Gps | MetricPosition]:
    """Positions by the photo's file name."""
    given, _ = read(folder, content, name)
    return {path.name: position for path, position in given.by_path.items()} if given else {}


def gps(
    latitude: float,
    longitude: float,
    altitude: float | None = None,
    accuracy: float | None = None,
    vertical: float | None = None,
) -> Gps:
    return Gps(
        latitude=latitude,
        longitude=longitude,
        altitude_m=altitude,
        accuracy_m=accuracy,
        altitude_accuracy_m=vertical,
    )
