"""Splat files of the kind SOG: bundled, as a folder, and streamed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from components.shared.sog.read_sog import read_sog
from tests.fuzz.target import Target, joined, split
from tests.unit.shared.sog.sog_scenes import random_splats, read_files

_TEXTURES = ("means_l", "means_u", "quats", "scales", "sh0", "shN_centroids", "shN_labels")
_NAMES = ("meta.json", "lod-meta.json", *(f"{name}.webp" for name in _TEXTURES))


def _seeds() -> dict[str, bytes]:
    from components.compress.settings import CompressSettings
    from components.compress.write_sog import write_sog

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.sog")
        write_sog(random_splats(16, 3), path, CompressSettings())
        bundle, files = path.read_bytes(), read_files(path)
    leaf = {
        "bound": {"min": [0, 0, 0], "max": [1, 1, 1]},
        "lods": {"0": {"file": 0, "offset": 0, "count": 9}},
    }
    index = {"lodLevels": 1, "filenames": ["meta.json"], "tree": leaf}
    return {
        "bundle": bundle,
        "folder": joined(files),
        "streamed": joined(files | {"lod-meta.json": json.dumps(index).encode()}),
    }


def _read(data: bytes, folder: Path) -> None:
    if data.startswith(b"PK"):
        path = folder / "scene.sog"
        path.write_bytes(data)
    else:
        path = folder
        for name, content in split(data, _NAMES).items():
            (folder / name).write_bytes(content)
    assert read_sog(path) is not None


TARGET = Target(_seeds, _read, 16_384)
