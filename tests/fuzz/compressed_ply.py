"""Splat files of the kind compressed ply, as the writer makes them, and as older ones did."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from components.shared.ply.read_ply import read_ply
from components.shared.ply.write_compressed import write_compressed_ply
from tests.fuzz.target import Target
from tests.unit.shared.sog.sog_scenes import random_splats


def _seeds() -> dict[str, bytes]:
    seeds = {}
    with tempfile.TemporaryDirectory() as folder:
        for coefficients in (0, 3):
            path = Path(folder, f"{coefficients}.ply")
            write_compressed_ply(random_splats(3, coefficients), path)
            seeds[f"{coefficients} coefficients"] = path.read_bytes()
    limit = b"property float min_r\n"
    old = seeds["0 coefficients"]
    seeds["without color limits"] = old.replace(limit, limit.replace(b"min_r", b"other"))
    return seeds


def _read(data: bytes, folder: Path) -> None:
    path = folder / "scene.ply"
    path.write_bytes(data)
    splats = read_ply(path)
    assert splats.means.dtype == np.float32


TARGET = Target(_seeds, _read)
