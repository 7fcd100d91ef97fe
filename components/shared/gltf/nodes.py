"""Where the meshes of a glTF stand: its tree of nodes, each with a transform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.shared.errors import InputError
from components.shared.gltf.layout import invalid_glb_error
from components.shared.gltf.open_glb import Glb
from components.shared.move_splats import rotation_matrix
from components.shared.numbers import number_in

_TOLERANCE = 1e-3
"""Relative difference of the scales of the three axes that counts as none."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Turned by `quat` wxyz [4], enlarged by `scale`, then moved by `shift` [3]."""

    quat: np.ndarray
    scale: float
    shift: np.ndarray


def placed_meshes(glb: Glb) -> Iterator[tuple[Any, np.ndarray]]:
    """The index of each node's mesh, with the node's transform to the scene, float64 [4, 4].

    Raises:
        InputError: the nodes are no tree, or a transform is none.
    """
    nodes = [(index, np.eye(4)) for index in _roots(glb)]
    seen = set()
    while nodes:
        index, parent = nodes.pop()
        node = glb.item("nodes", index)
        if int(index) in seen:
            raise invalid_glb_error(f"node {index} is reached twice; nodes are a tree")
        seen.add(int(index))
        transform = parent @ _transform(node)
        children = node.get("children", [])
        if not isinstance(children, list):
            raise invalid_glb_error(f"node {index} has children that are no list")
        nodes += [(child, transform) for child in children]
        if "mesh" in node:
            yield node["mesh"], transform


def _roots(glb: Glb) -> list[Any]:
    """Nodes of the scene that is shown; of a file without scenes, those that are no node's child."""
    if glb.document.get("scenes"):
        roots = glb.item("scenes", glb.document.get("scene", 0)).get("nodes", [])
    else:
        nodes = glb.document.get("nodes")
        nodes = nodes if isinstance(nodes, list) else []
        lists = [each.get("children") for each in nodes if isinstance(each, dict)]
        children = {str(child) for each in lists if isinstance(each, list) for child in each}
        roots = [index for index in range(len(nodes)) if str(index) not in children]
    if not isinstance(roots, list):
        raise invalid_glb_error("its scene has nodes that are no list")
    return roots


def _transform(node: dict[str, Any]) -> np.ndarray:
    if "matrix" in node:
        return _numbers(node["matrix"], 16).reshape(4, 4).T  # column by column in the file
    x, y, z, w = _numbers(node.get("rotation", [0, 0, 0, 1]), 4)
    length = max(float(np.sqrt(x * x + y * y + z * z + w * w)), 1e-30)
    transform = np.eye(4)
    transform[:3, :3] = rotation_matrix(np.array([w, x, y, z]) / length)
    transform[:3, :3] *= _numbers(node.get("scale", [1, 1, 1]), 3)
    transform[:3, 3] = _numbers(node.get("translation", [0, 0, 0]), 3)
    return transform


def _numbers(values: Any, count: int) -> np.ndarray:
    numbers = [number_in(each, -1e18, 1e18) for each in values] if isinstance(values, list) else []
    if len(numbers) != count or None in numbers:
        raise invalid_glb_error(f"a node's transform has {str(values)[:60]}, which are no {count} numbers")
    return np.array(numbers, np.float64)


def placement_of(transform: np.ndarray) -> Placement:
    """The parts of a transform [4, 4] without shear, mirroring, or scales that differ.

    Raises:
        InputError: it has one of them.
    """
    with np.errstate(all="ignore"):
        scales = np.linalg.norm(transform[:3, :3], axis=0)
        scale = float(scales.mean())
        rotation = transform[:3, :3] / scale
        error = np.abs(rotation.T @ rotation - np.eye(3)).max()
    if not (
        np.isfinite(transform).all() and scale > 0 and error < _TOLERANCE and np.linalg.det(rotation) > 0
    ):
        raise InputError(
            f"a node mirrors its Gaussians, or scales them by {', '.join(f'{each:g}' for each in scales)}",
            remedy="Apply the node's transform before the export, or scale all axes alike.",
        )
    return Placement(_quat_of(rotation), scale, transform[:3, 3])


def _quat_of(rotation: np.ndarray) -> np.ndarray:
    """Unit quaternion wxyz [4] of a rotation matrix [3, 3].

    The eigenvector of the largest eigenvalue of a symmetric matrix (Bar-Itzhack 2000), which has no cases.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation
    matrix = np.array(
        [
            [xx + yy + zz, zy - yz, xz - zx, yx - xy],
            [zy - yz, xx - yy - zz, xy + yx, xz + zx],
            [xz - zx, xy + yx, yy - xx - zz, yz + zy],
            [yx - xy, xz + zx, yz + zy, zz - xx - yy],
        ]
    )
    quat: np.ndarray = np.linalg.eigh(matrix)[1][:, -1]
    return quat
