"""Read Gaussians from a .ply or a SOG, whatever its name, for the commands that take one."""

from __future__ import annotations

from pathlib import Path

from components.shared.errors import InputError
from components.shared.file_kinds import JSON, PLY, ZIP, foreign_file_error, kind_of_file
from components.shared.ply.read_ply import read_ply
from components.shared.splats import Splats
from pipelines.cli.failure import wrong_usage

_INDEX_NAMES = ("meta.json", "lod-meta.json")
_SUFFIXES = (".ply", ".sog")


def read_splats(path: Path) -> Splats:
    """Gaussians of a .ply, a .sog, or an unbundled SOG (its folder or its meta.json); at least one.

    Raises:
        InputError: the file is missing, of another kind, damaged, or has no Gaussians.
    """
    splats = _read(path)
    if len(splats) == 0:
        raise InputError(f"{path.name} has no Gaussians", remedy="Train again, or export the scene again.")
    return splats


def _read(path: Path) -> Splats:
    if not path.exists():
        raise InputError(f"{path} does not exist", remedy="Check the path.")
    if path.is_dir() and not any((path / name).is_file() for name in _INDEX_NAMES):
        raise _no_scene_error(path)
    if not path.is_dir() and not path.is_file():
        raise InputError(f"{path} is neither a file nor a folder", remedy="Give a .ply or .sog file.")
    kind = None if path.is_dir() else kind_of_file(path)
    if kind == PLY:
        return read_ply(path)
    if kind in (None, ZIP, JSON):
        from components.shared.sog.read_sog import read_sog

        return read_sog(path)
    raise foreign_file_error(path)


def scene_bytes(path: Path) -> int:
    """Size of a scene in bytes: of the file, or of all files of an unbundled SOG."""
    if path.name in _INDEX_NAMES:
        path = path.parent
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def check_target(source: Path, target: Path, argument: str) -> None:
    """Raise an error of usage if a command cannot write `target`; `argument` is its name, as TARGET.sog."""
    suffix = Path(argument).suffix
    if target.suffix.lower() != suffix:
        raise wrong_usage(f"{target} does not end in {suffix}", argument)
    if target.is_dir():
        raise wrong_usage(f"{target} is a folder", argument)
    if target.exists() and source.exists() and target.samefile(source):
        raise wrong_usage(f"{target} is the scene itself; choose another name", argument)


def _no_scene_error(folder: Path) -> InputError:
    scenes = sorted(each.name for each in folder.iterdir() if each.suffix.lower() in _SUFFIXES)
    if scenes:
        shown = ", ".join(scenes[:3]) + (" …" if len(scenes) > 3 else "")
        return InputError(f"{folder} is a folder that holds {shown}", remedy="Give one of these files.")
    return InputError(
        f"{folder} is a folder without a meta.json",
        remedy="Give a 3D Gaussian splatting .ply, a .sog file, or the folder of an unbundled SOG.",
    )
