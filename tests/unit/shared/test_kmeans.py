import numpy as np
import pytest
import torch

from components.shared.kmeans import allocate, cluster


def blobs(count: int, dimensions: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """`count` well separated centers and 50 points around each, as [count * 50, dimensions]."""
    rng = np.random.default_rng(3)
    centers = rng.permutation(np.arange(count))[:, None] * np.full(dimensions, 10.0)
    return centers, np.repeat(centers, 50, axis=0) + rng.normal(0, 0.1, (count * 50, dimensions))


def error_of(points, weights, clusters) -> float:
    return float((weights * np.sum((points - clusters.centers[clusters.labels]) ** 2, axis=1)).sum())


def test_points_are_labeled_with_their_nearest_center():
    _, points = blobs(8)
    clusters = cluster(points, np.ones(len(points)), 8)
    distances = np.linalg.norm(points[:, None] - clusters.centers[None], axis=2)
    np.testing.assert_array_equal(clusters.labels, np.argmin(distances, axis=1))
    assert clusters.error == pytest.approx(error_of(points, np.ones(len(points)), clusters), rel=0.02)


def test_more_clusters_have_smaller_errors():
    points = np.random.default_rng(0).normal(size=(4000, 6))
    errors = [cluster(points, np.ones(4000), count).error for count in (4, 64, 1024)]
    assert errors[0] > 1.5 * errors[1] > 1.5 * 1.5 * errors[2]


def test_two_levels_have_at_most_the_number_of_clusters_and_label_all_points():
    points = np.random.default_rng(1).normal(size=(6000, 4))
    clusters = cluster(points, np.ones(6000), 1500)  # 3 groups
    assert 1400 < len(clusters.centers) <= 1500
    assert clusters.labels.shape == (6000,)
    assert 0 <= clusters.labels.min() <= clusters.labels.max() < len(clusters.centers)
    assert clusters.error == pytest.approx(error_of(points, np.ones(6000), clusters), rel=0.02)


def test_one_cluster_is_the_weighted_mean():
    points = np.array([[0.0, 0.0], [1.0, 4.0]])
    clusters = cluster(points, np.array([1.0, 3.0]), 1)
    np.testing.assert_allclose(clusters.centers, [[0.75, 3.0]], rtol=1e-6)
    assert clusters.error == pytest.approx(0.75 * 17, rel=1e-5)


def test_equal_seeds_give_equal_clusters():
    points = np.random.default_rng(2).normal(size=(2000, 5))
    first, second = (cluster(points, np.ones(2000), 600, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.centers, second.centers)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert not np.array_equal(first.labels, cluster(points, np.ones(2000), 600, seed=8).labels)


def test_progress_ends_at_1():
    seen = []
    points = np.random.default_rng(2).normal(size=(2000, 2))
    cluster(points, np.ones(2000), 1024, on_progress=lambda progress: seen.append(progress.fraction))
    assert seen == [0.5, 1.0]


def test_groups_with_larger_errors_get_more_clusters():
    counts = allocate([100.0, 1.0, 0.0], [1000, 1000, 1000], 114)
    assert counts == [101, 11, 1]


def test_no_group_gets_more_clusters_than_points():
    assert allocate([100.0, 1.0], [5, 1000], 100) == [5, 9]


def test_every_group_gets_a_cluster():
    assert allocate([1.0, 1.0, 1.0], [4, 4, 4], 2) == [1, 1, 1]


def test_each_number_of_threads_gives_the_same_and_is_kept():
    points, before, found = np.random.default_rng(4).normal(size=(6000, 45)), torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(cluster(points, np.ones(6000), 1500))  # 3 groups
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(found[0].centers, found[1].centers)
    np.testing.assert_array_equal(found[0].labels, found[1].labels)


def test_a_failure_keeps_the_number_of_threads():
    def fail(_):
        raise RuntimeError("no more progress")

    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="no more progress"):
        cluster(np.random.default_rng(2).normal(size=(2000, 2)), np.ones(2000), 1024, on_progress=fail)
    assert torch.get_num_threads() == before
