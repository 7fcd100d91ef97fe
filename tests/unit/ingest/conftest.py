"""Small textured photos, and what a packed capture holds."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from tests.unit.ingest.ingest_pictures import picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with four good photos, `a.jpg` to `d.jpg`."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate("abcd"):
        picture(seed).save(folder / f"{name}.jpg", quality=90)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, object]]:
    """Ingest a source and return `capture.json`, with the archive's names under `names`."""

    def run(source: Path | str, **settings: object) -> dict[str, object]:
        capture = tmp_path / "artifacts" / "capture"
        ingest(str(source), capture, IngestSettings(**settings))
        with tarfile.open(capture) as tar:
            content = json.load(tar.extractfile("capture.json"))
            return {**content, "names": tar.getnames()[1:]}

    return run
