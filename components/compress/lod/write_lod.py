"""Write a streamed SOG: `lod-meta.json`, and folders of SOG files with a part of one level each.

Viewers load regions that are near in fine levels and others in coarse ones. The layout is that of
splat-transform 3.7 and of PlayCanvas' engine 2.23.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.compress.lod.levels import MOST_IN_LEAF, build_levels, level_count
from components.compress.lod.moments import half_extents
from components.compress.lod.tree import Leaf, Node
from components.compress.settings import CompressSettings
from components.compress.write_sog import encode_sog
from components.shared.errors import InputError
from components.shared.files import atomic_folder
from components.shared.progress import OnProgress, Progress, ignore_progress, within
from components.shared.sog.archive import META
from components.shared.sog.open_files import LOD_META
from components.shared.splats import Splats, concatenate_splats

MOST_IN_FILE = 524_288
"""Gaussians of a folder, which viewers load at once."""
_VERSION = 1
_GENERATOR = "kubesplat"
_SIGNIFICANT_DIGITS = 7
_FOLDER_NAME = re.compile(r"\d+_\d+")


@dataclass(frozen=True, slots=True)
class LodResult:
    """counts: Gaussians of each level, the finest first; folders: number of SOGs; bytes: of all files."""

    counts: list[int]
    folders: int
    bytes: int
    seconds: float


@dataclass(slots=True)
class _Index:
    """What `lod-meta.json` says, as far as it is known: bounds [L, 3] and levels of each leaf."""

    lows: np.ndarray
    highs: np.ndarray
    lods: list[dict[str, dict[str, int]]]
    folders: list[str]
    counts: list[int]


def write_lod(
    splats: Splats,
    folder: Path,
    settings: CompressSettings,
    on_progress: OnProgress = ignore_progress,
    *,
    most_in_leaf: int = MOST_IN_LEAF,
    most_in_file: int = MOST_IN_FILE,
) -> LodResult:
    """Write the folder of a streamed SOG; an earlier one is replaced. `splats` are those of `drop_unusable`.

    Raises:
        InputError: the folder holds something else.
    """
    started = time.monotonic()
    _check_replaceable(folder)
    tree, levels = build_levels(splats, most_in_leaf)
    number = level_count(len(splats))
    with atomic_folder(folder) as temporary:
        index: _Index | None = None
        for level, parts in enumerate(levels):
            index = index or _empty_index(len(parts))
            _extend_bounds(index, parts)
            # A level has a third of the Gaussians of the one before.
            on_level = within(on_progress, 1 - 3.0**-level, 1 - 3.0 ** -(level + 1))
            on_level(Progress(f"level {level + 1} of {number}", 0.0))
            _write_level(temporary, level, parts, index, settings, on_level, most_in_file)
        assert index is not None
        (temporary / LOD_META).write_text(json.dumps(_meta(index, tree), separators=(",", ":")))
        size = sum(path.stat().st_size for path in temporary.rglob("*") if path.is_file())
    on_progress(Progress("done", 1.0))
    return LodResult(index.counts, len(index.folders), size, time.monotonic() - started)


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


def _empty_index(leaves: int) -> _Index:
    lows, highs = np.full((leaves, 3), np.inf), np.full((leaves, 3), -np.inf)
    return _Index(lows, highs, [{} for _ in range(leaves)], [], [])


def _extend_bounds(index: _Index, parts: list[Splats]) -> None:
    """To the boxes of one standard deviation, as splat-transform takes them."""
    for leaf, part in enumerate(parts):
        reach = half_extents(part)
        index.lows[leaf] = np.minimum(index.lows[leaf], (part.means - reach).min(axis=0))
        index.highs[leaf] = np.maximum(index.highs[leaf], (part.means + reach).max(axis=0))


def _write_level(
    folder: Path,
    level: int,
    parts: list[Splats],
    index: _Index,
    settings: CompressSettings,
    on_progress: OnProgress,
    most_in_file: int,
) -> None:
    """Write the folders of a level and note in `index` where each leaf is."""
    index.counts.append(sum(map(len, parts)))
    groups = list(_groups([len(part) for part in parts], most_in_file))
    for number, leaves in enumerate(groups):
        name, offset = f"{level}_{number}", 0
        for leaf in leaves:
            reference = {"file": len(index.folders), "offset": offset, "count": len(parts[leaf])}
            index.lods[leaf][str(level)] = reference
            offset += len(parts[leaf])
        index.folders.append(name)
        (folder / name).mkdir()
        on_file = within(on_progress, number / len(groups), (number + 1) / len(groups))
        joined = concatenate_splats([parts[leaf] for leaf in leaves])
        for file, data in encode_sog(joined, settings, on_file).items():
            (folder / name / file).write_bytes(data)


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


def _meta(index: _Index, tree: Node) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "asset": {"generator": _GENERATOR},
        "count": sum(index.counts),
        "counts": index.counts,
        "lodLevels": len(index.counts),
        "filenames": [f"{name}/{META}" for name in index.folders],
        "tree": _describe(tree, index)[0],
    }


def _describe(node: Node, index: _Index) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """A node as JSON has it, and the limits of its box."""
    if isinstance(node, Leaf):
        low, high = index.lows[node.number], index.highs[node.number]
        return {"bound": _bound(low, high), "lods": index.lods[node.number]}, low, high
    (left, *of_left), (right, *of_right) = _describe(node.left, index), _describe(node.right, index)
    low, high = np.minimum(of_left[0], of_right[0]), np.maximum(of_left[1], of_right[1])
    return {"bound": _bound(low, high), "children": [left, right]}, low, high


def _bound(low: np.ndarray, high: np.ndarray) -> dict[str, list[float]]:
    return {"min": _rounded(low), "max": _rounded(high)}


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.{_SIGNIFICANT_DIGITS}g}") for value in values]
