"""Small textured photos, and the content of a capture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.shared.files import read_json
from tests.unit.ingest.samples import file_names, textured_image


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with four good photos, `a.jpg` to `d.jpg`."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate("abcd"):
        textured_image(seed).save(folder / f"{name}.jpg", quality=90)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, object]]:
    """Ingest a source and return `capture.json`, with the names of the other files under `names`."""

    def run(source: Path | str, **settings: object) -> dict[str, object]:
        capture = tmp_path / "artifacts" / "capture"
        ingest(str(source), capture, IngestSettings(**settings))
        return {**read_json(capture / "capture.json"), "names": file_names(capture)}

    return run
