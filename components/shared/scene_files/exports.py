"""Further files of a run beside `scene.sog` and `scene.ply`: their formats and their names."""

from __future__ import annotations

import difflib
from pathlib import Path

from components.shared.errors import InputError
from components.shared.scene_files.formats import FORMATS, SceneFormat

ALWAYS = ("sog", "ply")
"""Formats that every run delivers."""
TILES = SceneFormat("tiles", "tileset.json", "3D Tiles 1.1 of .glb files, for scenes with a place on earth")
"""Not in the table of all formats: a scene alone has no place."""
EXPORTS = {each.name: each for each in (*FORMATS, TILES)}
"""Formats that can be asked for, by name."""


def wanted_formats(text: str) -> tuple[str, ...]:
    """Names of formats in a text such as `sog,glb`, in the order of the table, each once.

    Raises:
        InputError: a name is unknown.
    """
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in EXPORTS:
            raise _unknown_format(name)
    return tuple(name for name in EXPORTS if name in names)


def export_name(name: str) -> str:
    """Where a run's output has its file of a format: `scene.glb`, or the index in a folder of the format."""
    suffix = EXPORTS[name].suffix
    return f"scene{suffix}" if suffix.startswith(".") else f"{name}/{suffix}"


def format_bytes(folder: Path, name: str) -> int:
    """Size of a written format: of its file, or of all files of one that is a folder."""
    path = folder / export_name(name)
    files = [path] if path.parent == folder else path.parent.rglob("*")
    return sum(each.stat().st_size for each in files if each.is_file())


def _unknown_format(name: str) -> InputError:
    near = difflib.get_close_matches(name, EXPORTS, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return InputError(
        f"{name!r} is no format of scenes",
        remedy=f"{hint}There are {', '.join(EXPORTS)}; write several with commas between them.",
    )
