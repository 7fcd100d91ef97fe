"""A streamed SOG (`lod-meta.json`): a tree of regions in several levels of detail, in SOGs of their own.

The finest level of every region is read, which together is the whole scene.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from components.shared.sog.archive import invalid_sog_error
from components.shared.sog.open_files import SogFiles
from components.shared.splats import Splats, concatenate_splats

_MAX_NODES = 1_000_000


def read_lod(files: SogFiles, index: dict[str, Any], read_unit: Callable[[SogFiles], Splats]) -> Splats:
    """The Gaussians of the finest level, and of the environment if there is one.

    Raises:
        InputError: the index is damaged, or a file that it names is.
    """
    names = index.get("filenames")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid_sog_error(f"{files.index} names no files")
    units = []
    for number, ranges in sorted(_finest_ranges(index.get("tree"), files.index).items()):
        if number >= len(names):
            raise invalid_sog_error(f"{files.index} asks for file {number} of {len(names)}")
        units.append(_select(read_unit(files.at(names[number])), ranges, names[number]))
    if isinstance(index.get("environment"), str):
        units.append(read_unit(files.at(index["environment"])))
    if not units:
        raise invalid_sog_error(f"{files.index} has no Gaussians")
    note = "it is a streamed scene, of which the finest level is read"
    return replace(concatenate_splats(units), notes=(note,))


def _finest_ranges(tree: Any, where: str) -> dict[int, list[tuple[int, int]]]:
    """First Gaussian and number of Gaussians of each region's finest level, by the index of the file."""
    ranges: dict[int, list[tuple[int, int]]] = defaultdict(list)
    nodes, seen = [tree], 0
    while nodes:
        node = nodes.pop()
        seen += 1
        children, levels = (
            (node.get("children") or [], node.get("lods") or {}) if isinstance(node, dict) else (0, 0)
        )
        if not isinstance(children, list) or not isinstance(levels, dict) or seen > _MAX_NODES:
            raise invalid_sog_error(f"{where} has an invalid tree")
        nodes += children
        if levels:
            finest = min(levels, key=lambda level: (not level.isdigit(), len(level), level))
            file, offset, count = (_whole(levels[finest], key, where) for key in ("file", "offset", "count"))
            ranges[file].append((offset, count))
    return ranges


def _whole(reference: Any, key: str, where: str) -> int:
    value = reference.get(key) if isinstance(reference, dict) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise invalid_sog_error(f"{where} has a region with {key} {value!r}")
    return value


def _select(unit: Splats, ranges: list[tuple[int, int]], name: str) -> Splats:
    kept = np.zeros(len(unit), bool)
    for offset, count in ranges:
        if offset + count > len(unit):
            raise invalid_sog_error(f"{name} has {len(unit):,} Gaussians; {offset + count:,} are expected")
        kept[offset : offset + count] = True
    return unit if kept.all() else unit.select(kept)
