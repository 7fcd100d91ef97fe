"""Headers and frames of videos."""

from __future__ import annotations

import tempfile
from pathlib import Path

import av

from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile
from components.ingest.video.select_frames import select_frames
from components.shared.progress import ignore_progress
from tests.fuzz.target import Target
from tests.unit.ingest.films import walk, write_film

_SETTINGS = IngestSettings(max_video_frames=3, max_megapixels=0.5)
av.logging.set_level(av.logging.PANIC)


def _seeds() -> dict[str, bytes]:
    frames = walk(5, 64, 48)
    with tempfile.TemporaryDirectory() as folder:
        return {
            name: write_film(Path(folder, f"a.{name}"), frames, codec=codec).read_bytes()
            for name, codec in (
                ("mp4", "libx264"),
                ("mkv", "libx264"),
                ("avi", "mpeg4"),
                ("ts", "mpeg2video"),
            )
        }


def _read(data: bytes, folder: Path) -> None:
    path = folder / "film"
    path.write_bytes(data)
    selected = select_frames(SourceFile("film.mp4", path), folder, _SETTINGS, ignore_progress)
    assert len(selected.frames) >= _SETTINGS.min_images


TARGET = Target(_seeds, _read, 16_384)
