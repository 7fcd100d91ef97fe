"""A binary tree of boxes over the positions of Gaussians, whose leaves are what viewers load and switch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Leaf:
    """A region of space by the indices of the Gaussians in it, [M]."""

    number: int
    """Position among all leaves from left to right: neighbors have near numbers."""
    members: np.ndarray


@dataclass(frozen=True, slots=True)
class Branch:
    """A region in two halves with about as many Gaussians each."""

    left: Node
    right: Node


Node = Leaf | Branch


def split_space(means: np.ndarray, most: int) -> Node:
    """Halve `means` [N, 3], N > 0, along the longest side until no leaf has more than `most` of them."""
    return _split(means, np.arange(len(means)), most, 0)


def leaves_of(node: Node) -> Iterator[Leaf]:
    """All leaves from left to right."""
    if isinstance(node, Leaf):
        yield node
    else:
        yield from leaves_of(node.left)
        yield from leaves_of(node.right)


def _split(means: np.ndarray, members: np.ndarray, most: int, number: int) -> Node:
    if len(members) <= most:
        return Leaf(number, members)
    inside = means[members]
    axis = int(np.argmax(np.ptp(inside, axis=0)))
    half = len(members) // 2
    order = np.argpartition(inside[:, axis], half)
    left = _split(means, members[order[:half]], most, number)
    return Branch(left, _split(means, members[order[half:]], most, number + _count(left)))


def _count(node: Node) -> int:
    return sum(1 for _ in leaves_of(node))
