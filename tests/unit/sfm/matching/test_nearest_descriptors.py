"""Matches of descriptors against a plain search."""

import numpy as np
import pycolmap
import pytest

from components.sfm.matching.nearest_descriptors import mutual_matches, principal_axes
from components.sfm.matching.two_nearest import LANES, NONE, two_nearest, update_best_of_lanes


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


def matches(first: np.ndarray, second: np.ndarray) -> list[list[int]]:
    found = mutual_matches(first, second, principal_axes(first))
    assert found.dtype == np.uint32
    return found.tolist()


@pytest.mark.parametrize(("count", "other"), [(1, 1), (1, 40), (31, 33), (300, 2100), (257, 64)])
def test_matches_are_those_of_a_plain_search(count, other):
    rng = np.random.default_rng(count)
    first, second = descriptors(count, rng), descriptors(other, rng)
    common = min(count, other) // 2 + 1
    second[rng.permutation(other)[:common]] = seen_again(first[:common], 12, rng)
    assert matches(first, second) == plain_matches(first, second)
    assert len(matches(first, second)) >= common / 2


@pytest.mark.slow
def test_of_real_photos_all_matches_are_found_and_few_more(small_demo, tmp_path):
    photos = sorted(small_demo.folder.glob("*.jpg"))[:2]
    pycolmap.extract_features(tmp_path / "two.db", small_demo.folder, [photo.name for photo in photos])
    with pycolmap.Database.open(tmp_path / "two.db") as opened:
        first, second = (np.asarray(opened.read_descriptors(image).data) for image in (1, 2))
    expected = {tuple(pair) for pair in plain_matches(first, second)}
    found = {tuple(pair) for pair in matches(first, second)}
    assert len(expected) > 100
    assert len(expected - found) <= 0.001 * len(expected)
    assert len(found - expected) <= 0.02 * len(expected)


def test_what_repeats_is_no_match():
    first = descriptors(50, np.random.default_rng(1))
    assert len(matches(first, first)) == 50
    assert matches(first, np.concatenate([first, first])) == []
    assert matches(np.concatenate([first, first]), first) == []


def test_a_photo_without_features_has_no_matches():
    none, some = np.empty((0, 128), np.uint8), descriptors(5, np.random.default_rng(0))
    for first, second in [(none, some), (some, none), (none, none)]:
        assert mutual_matches(first, second, principal_axes(first)).shape == (0, 2)


def test_axes_are_those_of_the_largest_variance():
    rng = np.random.default_rng(2)
    rows = np.full((500, 128), 100.0)
    rows[:, 40:72] += rng.normal(0, 20, (500, 32))
    axes = principal_axes(np.round(rows).astype(np.uint8))
    np.testing.assert_allclose(axes.T @ axes, np.eye(32), atol=1e-5)
    assert np.square(axes[40:72]).sum() > 31.99


@pytest.mark.parametrize("columns", [20, 32, 75])
def test_the_best_of_each_lane_is_kept_over_blocks(columns):
    rng = np.random.default_rng(columns)
    scores, penalties = rng.normal(size=(6, 64 + columns)).astype(np.float32), rng.random(64 + columns)
    penalties = penalties.astype(np.float32)
    best, starts = np.full((6, LANES), -np.inf, np.float32), np.full((6, LANES), NONE, np.int32)
    for block in (slice(0, 64), slice(64, 64 + columns)):
        update_best_of_lanes(scores[:, block], penalties[block], block.start, best, starts)
    for lane in range(LANES):
        expected = (scores - penalties)[:, lane::LANES]
        np.testing.assert_allclose(best[:, lane], expected.max(axis=1), rtol=1e-6)
        np.testing.assert_array_equal(starts[:, lane], LANES * expected.argmax(axis=1))


def test_two_nearest_of_candidates():
    rng = np.random.default_rng(3)
    queries, base = descriptors(8, rng), descriptors(30, rng)
    candidates = np.array([rng.choice(30, 5, replace=False) for _ in range(8)], np.int32)
    candidates[0, 1:], candidates[1] = NONE, NONE
    nearest, squares = np.empty(8, np.int32), np.empty((8, 2), np.int32)
    two_nearest(queries, base, candidates, nearest, squares)
    far = np.iinfo(np.int32).max
    for row, chosen in enumerate(candidates):
        some = chosen[chosen != NONE]
        distances = ((base[some].astype(int) - queries[row]) ** 2).sum(axis=1)
        assert squares[row].tolist() == sorted([*distances, far, far])[:2]
        assert nearest[row] == (some[distances.argmin()] if len(some) else NONE)
