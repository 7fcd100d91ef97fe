"""Splat files of the kind .splat, and what else has no mark, by the reader of all formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from components.shared.scene_files.read_scene import read_scene
from tests.fuzz.target import Target
from tests.unit.shared.splat_file.test_read_splat_file import records

_NAMED = b"splat:"
"""Mark of inputs that are read under the suffix .splat."""


def _seeds() -> dict[str, bytes]:
    rows, _ = records(8)
    return {"named": _NAMED + rows.tobytes(), "unnamed": rows.tobytes()}


def _read(data: bytes, folder: Path) -> None:
    path = folder / ("scene.splat" if data.startswith(_NAMED) else "scene")
    path.write_bytes(data.removeprefix(_NAMED))
    splats = read_scene(path)
    assert not np.isnan(splats.opacities).any() or not path.suffix


TARGET = Target(_seeds, _read)
