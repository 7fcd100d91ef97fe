"""Write the further files that a run delivers beside its `.sog`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from components.compress.drop_unusable import drop_unusable
from components.compress.settings import CompressSettings
from components.compress.tiles.write_tiles import write_tiles
from components.compress.write_scene import write_scene
from components.shared.contracts.scene import World
from components.shared.errors import InputError
from components.shared.progress import OnProgress, ignore_progress, within
from components.shared.scene_files.exports import ALWAYS, TILES, export_name, format_bytes, wanted_formats
from components.shared.splats import Splats

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exports:
    """bytes: of each written format, by its name; left_out: why others were not written."""

    bytes: dict[str, int]
    left_out: dict[str, str]


def write_exports(
    splats: Splats,
    folder: Path,
    settings: CompressSettings,
    on_progress: OnProgress = ignore_progress,
    *,
    world: World | None = None,
) -> Exports:
    """Write `settings.formats` to `folder` under their final names, but for those that every run delivers.

    A format that cannot hold the scene costs the run nothing but its own file: the reason is in the result.
    world: of the scene, which 3D Tiles need.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in wanted_formats(settings.formats) if name not in ALWAYS]
    written: dict[str, int] = {}
    left_out: dict[str, str] = {}
    for index, name in enumerate(wanted):
        path = folder / export_name(name)
        on_format = within(on_progress, index / len(wanted), (index + 1) / len(wanted))
        try:
            if name == TILES.name:
                write_tiles(drop_unusable(splats).splats, path.parent, world, on_format)
            else:
                write_scene(splats, path, settings, on_format)
        except InputError as error:
            _log.warning("no %s: %s. %s", name, error.message, error.remedy)
            left_out[name] = f"{error.message}. {error.remedy}"
        else:
            written[name] = format_bytes(folder, name)
    return Exports(written, left_out)
