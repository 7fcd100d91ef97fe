"""What `convert`, `compress` and `decompress` do: one scene read, and written in another format."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipelines.cli.failure import wrong_usage

if TYPE_CHECKING:
    from components.compress.settings import CompressSettings


_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""Paths drop one `/` of `s3://`."""


def check_target(source: Path, target: Path, argument: str, suffix: str) -> None:
    """Raise an error of usage if a command cannot write `target`, which should end in `suffix`.

    argument: its name in the command's usage.
    """
    if _ADDRESS.match(str(target)):
        raise wrong_usage(f"{target} is an address; give a path of this machine", argument)
    if not target.name.lower().endswith(suffix):
        raise wrong_usage(f"{target} does not end in {suffix}", argument)
    if target.is_dir():
        raise wrong_usage(f"{target} is a folder", argument)
    if target.exists() and source.exists() and target.samefile(source):
        raise wrong_usage(f"{target} is the scene itself; choose another name", argument)


def convert_scene(
    source: Path, target: Path, settings: CompressSettings, cameras: Path | None = None
) -> None:
    """Write the scene `source` to `target`, and print sizes and what was left out or changed.

    cameras: a `cameras.json` of the training; its `held_out/` may lie beside it.

    Raises:
        InputError: the source is no scene, or none of its Gaussians can be shown.
    """
    from components.compress.cuda import load_in_background
    from components.compress.write_scene import write_scene
    from components.shared.held_out_photos import read_held_out
    from components.shared.scene_files.read_scene import read_scene
    from components.shared.training_cameras import read_cameras
    from pipelines.cli.display.splat_notes import compression_notes, gaussians, reader_notes
    from pipelines.cli.display.stage_progress import stage_progress

    views = read_cameras(cameras, required=True) if cameras else []
    held_out = read_held_out(cameras) if cameras and settings.max_psnr_drop is not None else ()
    if views:
        load_in_background(settings.device)
    splats = read_scene(source)
    with stage_progress("compress") as on_progress:
        written = write_scene(splats, target, settings, on_progress, cameras=views, held_out=held_out)
    sizes = f"{_scene_bytes(source):,} -> {_scene_bytes(target):,} bytes"
    typer.echo(f"{target}: {gaussians(written.gaussians)}, {sizes}")
    for note in [*reader_notes(splats), *compression_notes(written)]:
        typer.echo(note)


def _scene_bytes(path: Path) -> int:
    """Size of a scene in bytes: of the file, or of all files of one in a folder."""
    from components.shared.scene_files.read_scene import INDEX_NAMES

    if path.name in INDEX_NAMES:
        path = path.parent
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
