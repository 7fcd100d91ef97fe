"""Write 3D Tiles 1.1: `tileset.json` and a .glb with Gaussians for each region and level of detail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.compress.lod.levels import MOST_IN_LEAF, build_levels, level_count
from components.compress.lod.moments import half_extents
from components.compress.tiles.earth import ecef_from_scene
from components.shared.contracts.scene import World
from components.shared.files import atomic_folder
from components.shared.gltf.layout import EXTENSION
from components.shared.gltf.write_glb import write_glb
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.splats import Splats

TILESET = "tileset.json"
_GLTF_FROM_SCENE = np.diag([-1.0, -1.0, 1.0])
"""As `write_glb` turns the scene."""
_TILE_FROM_GLTF = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""As viewers turn every glTF, whose up is y, for tiles, whose up is z."""
TILE_FROM_SCENE = _TILE_FROM_GLTF @ _GLTF_FROM_SCENE
_ERROR_DEVIATIONS = 8.0
"""Geometric error in standard deviations of a level's median Gaussian: viewers that refine at 16 px, the
usual limit, replace Gaussians of more than 2 px."""


@dataclass(frozen=True, slots=True)
class _Content:
    """One .glb: its box in tile coordinates, [3] each, and its geometric error in scene units."""

    name: str
    low: np.ndarray
    high: np.ndarray
    error: float


def write_tiles(
    splats: Splats,
    folder: Path,
    world: World | None,
    on_progress: OnProgress = ignore_progress,
    *,
    most_in_leaf: int = MOST_IN_LEAF,
) -> None:
    """Write the folder of a tileset; an earlier one is replaced. `splats` are those of `drop_unusable`.

    Raises:
        InputError: the scene has no georeference.
    """
    ecef = ecef_from_scene(world)
    _, levels = build_levels(splats, most_in_leaf)
    number = level_count(len(splats))
    chains: list[list[_Content]] = []
    with atomic_folder(folder) as temporary:
        for level, parts in enumerate(levels):
            on_progress(Progress(f"level {level + 1} of {number}", level / number))
            chains = chains or [[] for _ in parts]
            for leaf, part in enumerate(parts):
                name = f"{level}_{leaf}.glb"
                write_glb(part, temporary / name)
                finer = chains[leaf][-1].error if level else 0.0
                chains[leaf].append(_content(name, part, max(_error(part), finer) if level else 0.0))
        (temporary / TILESET).write_text(json.dumps(_tileset(chains, ecef), separators=(",", ":")))
    on_progress(Progress("done", 1.0))


def _content(name: str, splats: Splats, error: float) -> _Content:
    means = splats.means.astype(np.float64) @ TILE_FROM_SCENE.T
    reach = half_extents(splats) @ np.abs(TILE_FROM_SCENE).T
    return _Content(name, (means - reach).min(axis=0), (means + reach).max(axis=0), error)


def _error(splats: Splats) -> float:
    middle = np.sort(splats.scales, axis=1)[:, 1]
    return float(_ERROR_DEVIATIONS * np.exp(np.median(middle)))


def _tileset(chains: list[list[_Content]], ecef_from_scene: np.ndarray) -> dict[str, Any]:
    low = np.min([each.low for chain in chains for each in chain], axis=0)
    high = np.max([each.high for chain in chains for each in chain], axis=0)
    extent = float(np.linalg.norm(high - low))
    scene_from_tile = np.eye(4)
    scene_from_tile[:3, :3] = TILE_FROM_SCENE.T
    root = {
        "transform": (ecef_from_scene @ scene_from_tile).T.ravel().tolist(),  # column by column
        "boundingVolume": _box(low, high),
        "geometricError": extent,
        "refine": "REPLACE",
        "children": [_tile(chain) for chain in chains],
    }
    extensions = {"extensionsUsed": [EXTENSION], "extensionsRequired": [EXTENSION]}
    return {
        "asset": {"version": "1.1", "generator": "kubesplat"},
        "extensionsUsed": ["3DTILES_content_gltf"],
        "extensions": {"3DTILES_content_gltf": extensions},
        "geometricError": extent * float(np.cbrt(np.linalg.det(ecef_from_scene[:3, :3]))),
        "root": root,
    }


def _tile(chain: list[_Content]) -> dict[str, Any]:
    """The coarsest level of a region, with the finer ones as its descendants."""
    low, high = np.min([each.low for each in chain], axis=0), np.max([each.high for each in chain], axis=0)
    tile: dict[str, Any] = {}
    for content in chain:
        tile = {
            "boundingVolume": _box(low, high),
            "geometricError": content.error,
            "content": {"uri": content.name},
            **({"children": [tile]} if tile else {}),
        }
    return tile


def _box(low: np.ndarray, high: np.ndarray) -> dict[str, list[float]]:
    """Center and half axes, as 3D Tiles have boxes."""
    half_axes = np.diag((high - low) / 2).ravel()
    return {"box": [*((low + high) / 2).tolist(), *half_axes.tolist()]}
