"""Small textured photos, and the content of a capture."""

from __future__ import annotations

import tarfile
import zipfile
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
def photos_zip(photos: Path, tmp_path: Path) -> Path:
    """A zip with the good photos at its top."""
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as file:
        for photo in sorted(photos.iterdir()):
            file.write(photo, photo.name)
    return path


@pytest.fixture
def photos_tar(photos: Path, tmp_path: Path) -> Path:
    """A tar with the good photos in a folder `photos`."""
    path = tmp_path / "photos.tar"
    with tarfile.open(path, "w") as file:
        file.add(photos, "photos")
    return path


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, object]]:
    """Ingest a source and return `capture.json`, with the names of the other files under `names`."""

    def run(source: Path | str, **settings: object) -> dict[str, object]:
        capture = tmp_path / "artifacts" / "capture"
        ingest(str(source), capture, IngestSettings(**settings))
        return {**read_json(capture / "capture.json"), "names": file_names(capture)}

    return run


@pytest.fixture
def judge(photos, run):
    """The verdict and the reason that a file of this name gets among good photos."""

    def judge(name, **settings):
        images = run(photos, **settings)["images"]
        (image,) = (image for image in images if name in (image["name"], image["source_name"]))
        return image["verdict"], image["reason"]

    return judge


@pytest.fixture
def entry_of(photos, run, tmp_path):
    """The entry of an accepted photo of this name among good photos, and its file in the capture."""

    def entry_of(name):
        images = run(photos)["images"]
        (entry,) = (image for image in images if name in (image["name"], image["source_name"]))
        assert entry["verdict"] == "accepted", entry["reason"]
        return entry, tmp_path / "artifacts" / "capture" / "images" / entry["name"]

    return entry_of
