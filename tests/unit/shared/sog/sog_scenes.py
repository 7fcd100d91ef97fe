"""Random Gaussians, and SOGs with a part that is changed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from components.shared.splats import Splats


def random_splats(count: int = 3000, coefficients: int = 8) -> Splats:
    """`count` Gaussians of plausible sizes with `coefficients` SH coefficients beside f_dc."""
    rng = np.random.default_rng(5)

    def draw(*shape: int, mean: float = 0.0, deviation: float = 1.0) -> np.ndarray:
        return rng.normal(mean, deviation, shape).astype(np.float32)

    return Splats(
        means=draw(count, 3, deviation=3.0),
        quats=draw(count, 4),
        scales=draw(count, 3, mean=-4.0),
        opacities=draw(count, mean=2.0),
        sh0=draw(count, 3),
        shN=draw(count, coefficients, 3, deviation=0.2),
    )


class Files:
    """Files of a SOG in memory."""

    index = "meta.json"

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def read(self, name: str, *, max_bytes: int = 2**32) -> bytes:
        assert len(self._files[name]) <= max_bytes
        return self._files[name]

    def at(self, index: str) -> Files:
        raise AssertionError(index)


def read_files(path: Path) -> dict[str, bytes]:
    """Content of each file in a .sog, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_files(files: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def change_meta(source: Path, target: Path, change: dict[str, object]) -> Path:
    """Copy a .sog with other values in meta.json; a dictionary changes the entries of a section."""
    files = read_files(source)
    meta = json.loads(files["meta.json"])
    for key, value in change.items():
        meta[key] = meta.get(key, {}) | value if isinstance(value, dict) else value
    return write_files(files | {"meta.json": json.dumps(meta).encode()}, target)
