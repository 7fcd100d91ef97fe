"""Matches of descriptors against a plain search."""

import numpy as np
import pytest

from components.sfm.matching.nearest_descriptors import mutual_matches


def descriptors(count: int, rng: np.random.Generator) -> np.ndarray:
    """Like those of SIFT: few large entries, length 512."""
    rows = rng.exponential(size=(count, 128)) ** 2
    return np.round(512 * np.sqrt(rows / rows.sum(axis=1, keepdims=True))).clip(0, 255).astype(np.uint8)


def seen_again(some: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    return np.round(some + rng.normal(0, noise, some.shape)).clip(0, 255).astype(np.uint8)


def plain_matches(first: np.ndarray, second: np.ndarray) -> list[list[int]]:
    squares = ((first[:, None].astype(float) - second.astype(float)) ** 2).sum(axis=2)
    there, back = plain_one_way(squares), plain_one_way(squares.T)
    return [[row, column] for row, column in sorted(there.items()) if back.get(column) == row]


def plain_one_way(squares: np.ndarray) -> dict[int, int]:
    found = {}
    for row, line in enumerate(squares):
        nearest, *others = np.argsort(line, kind="stable")
        second = np.sqrt(line[others[0]]) if others else np.inf
        if line[nearest] <= (0.7 * 512) ** 2 and np.sqrt(line[nearest]) < 0.8 * second:
            found[row] = int(nearest)
    return found


@pytest.mark.parametrize(("count", "other"), [(1, 1), (1, 40), (31, 33), (300, 2100), (257, 64)])
def test_matches_are_those_of_a_plain_search(count, other):
    rng = np.random.default_rng(count)
    first, second = descriptors(count, rng), descriptors(other, rng)
    common = min(count, other) // 2 + 1
    second[rng.permutation(other)[:common]] = seen_again(first[:common], 12, rng)
    found = mutual_matches(first, second)
    assert found.dtype == np.uint32
    assert found.tolist() == plain_matches(first, second)
    assert len(found) >= common / 2


def test_what_repeats_is_no_match():
    rng = np.random.default_rng(1)
    first = descriptors(50, rng)
    assert len(mutual_matches(first, first)) == 50
    assert len(mutual_matches(first, np.concatenate([first, first]))) == 0
    assert len(mutual_matches(np.concatenate([first, first]), first)) == 0


def test_a_photo_without_features_has_no_matches():
    none, some = np.empty((0, 128), np.uint8), descriptors(5, np.random.default_rng(0))
    for first, second in [(none, some), (some, none), (none, none)]:
        assert mutual_matches(first, second).shape == (0, 2)
