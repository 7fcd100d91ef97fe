"""Read Gaussians from a file of any format, by its content and whatever its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from components.shared.errors import InputError
from components.shared.file_kinds import (
    GLB,
    JSON,
    PLY,
    SPLAT,
    SPZ,
    USD,
    ZIP,
    FileKind,
    foreign_file_error,
    kind_of_file,
)
from components.shared.gltf.read_glb import read_glb
from components.shared.ply.read_ply import read_ply
from components.shared.scene_files.formats import suffixes
from components.shared.sog.archive import META
from components.shared.sog.open_files import LOD_META
from components.shared.sog.read_sog import read_sog
from components.shared.splat_file.read_splat_file import read_splat_file
from components.shared.splats import Splats
from components.shared.spz.read_spz import read_spz
from components.shared.usd.read_usd import read_usd

INDEX_NAMES = (META, LOD_META)
"""Files that make a folder a scene: an unbundled or a streamed SOG."""
_READERS: dict[FileKind, Callable[[Path], Splats]] = {
    PLY: read_ply,
    ZIP: read_sog,
    JSON: read_sog,
    SPZ: read_spz,
    SPLAT: read_splat_file,
    GLB: read_glb,
    USD: read_usd,
}


def read_scene(path: Path) -> Splats:
    """Gaussians of a file, or of an unbundled SOG by its folder or its index; at least one.

    Raises:
        InputError: the file is missing, of another kind, damaged, or has no Gaussians.
    """
    splats = _reader_of(path)(path)
    if len(splats) == 0:
        raise InputError(f"{path.name} has no Gaussians", remedy="Train again, or export the scene again.")
    return splats


def _reader_of(path: Path) -> Callable[[Path], Splats]:
    if not path.exists():
        raise InputError(f"{path} does not exist", remedy="Check the path; it has to be one of this machine.")
    if path.is_dir():
        if not any((path / name).is_file() for name in INDEX_NAMES):
            raise _no_scene_error(path)
        return read_sog
    if not path.is_file():
        raise InputError(f"{path} is neither a file nor a folder", remedy="Give the file of a scene.")
    reader = _READERS.get(kind_of_file(path))
    if reader is None:
        raise foreign_file_error(path)
    return reader


def _no_scene_error(folder: Path) -> InputError:
    endings = tuple(suffixes().split(", "))
    scenes = sorted(each.name for each in folder.iterdir() if each.name.lower().endswith(endings))
    if scenes:
        shown = ", ".join(scenes[:3]) + (" …" if len(scenes) > 3 else "")
        return InputError(f"{folder} is a folder that holds {shown}", remedy="Give one of these files.")
    return InputError(
        f"{folder} is a folder without a {META}",
        remedy="Give a 3D Gaussian splatting .ply, a .sog file, or the folder of an unbundled SOG.",
    )
