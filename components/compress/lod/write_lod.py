"""Write a streamed SOG: `lod-meta.json`, and folders of SOG files with a part of one level each.

Viewers load regions that are near in fine levels and others in coarse ones. The layout is that of
splat-transform 3.7 and of PlayCanvas' engine 2.23.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from components.compress.encode import encode_sog
from components.compress.lod.levels import MOST_IN_LEAF, build_levels, level_count
from components.compress.lod.lod_index import LodIndex
from components.compress.settings import CompressSettings
from components.shared.errors import InputError
from components.shared.files import atomic_folder
from components.shared.progress import OnProgress, Progress, ignore_progress, within
from components.shared.sog.open_files import LOD_META
from components.shared.splats import Splats, concatenate_splats

MOST_IN_FILE = 524_288
"""Gaussians of a folder, which viewers load at once."""
_FOLDER_NAME = re.compile(r"\d+_\d+")


def write_lod(
    splats: Splats,
    folder: Path,
    settings: CompressSettings,
    on_progress: OnProgress = ignore_progress,
    *,
    most_in_leaf: int = MOST_IN_LEAF,
    most_in_file: int = MOST_IN_FILE,
) -> list[int]:
    """Write the folder of a streamed SOG, and return the number of Gaussians of each level, the finest first.

    `splats` are those of `drop_unusable`. An earlier streamed SOG is replaced.

    Raises:
        InputError: the folder holds something else.
    """
    _check_replaceable(folder)
    tree, levels = build_levels(splats, most_in_leaf)
    index, number = LodIndex.of(tree), level_count(len(splats))
    with atomic_folder(folder) as temporary:
        for level, parts in enumerate(levels):
            # A level has a third of the Gaussians of the one before.
            on_level = within(on_progress, 1 - 3.0**-level, 1 - 3.0 ** -(level + 1))
            on_level(Progress(f"level {level + 1} of {number}", 0.0))
            index.add_level(parts)
            groups = list(_groups([len(part) for part in parts], most_in_file))
            for file, leaves in enumerate(groups):
                name, of_file = f"{level}_{file}", {leaf: parts[leaf] for leaf in leaves}
                index.add_folder(name, {leaf: len(part) for leaf, part in of_file.items()})
                on_file = within(on_level, file / len(groups), (file + 1) / len(groups))
                _write_folder(temporary / name, list(of_file.values()), settings, on_file)
        (temporary / LOD_META).write_text(json.dumps(index.to_json(tree), separators=(",", ":")))
    on_progress(Progress("done", 1.0))
    return index.counts


def _check_replaceable(folder: Path) -> None:
    foreign = [
        each.name
        for each in (folder.iterdir() if folder.is_dir() else ())
        if each.name != LOD_META and not _FOLDER_NAME.fullmatch(each.name)
    ]
    if foreign:
        raise InputError(
            f"{folder} holds {foreign[0]}; a streamed scene has a folder of its own",
            remedy=f"Name a new folder, such as scene-lod/{LOD_META}.",
        )


def _groups(counts: list[int], most: int) -> Iterator[list[int]]:
    """Successive leaves, by number, with at most `most` Gaussians, or one leaf."""
    group: list[int] = []
    total = 0
    for leaf, count in enumerate(counts):
        if group and total + count > most:
            yield group
            group, total = [], 0
        group.append(leaf)
        total += count
    yield group


def _write_folder(
    folder: Path, parts: list[Splats], settings: CompressSettings, on_progress: OnProgress
) -> None:
    """An unbundled SOG of the parts, one after the other."""
    folder.mkdir()
    for name, data in encode_sog(concatenate_splats(parts), settings, on_progress).items():
        (folder / name).write_bytes(data)
