from dataclasses import replace

import numpy as np
import pycolmap
import pytest

from components.sfm.matching.pairs import following_pairs, nearest_pairs, pairs_to_match
from components.shared.contracts.scene import Matching
from tests.unit.sfm.sfm_captures import gps, photo

PHOTOS = 120


def write_database(path, photos, *, similar_to):
    """Descriptors around centres of each photo; photos whose `similar_to` is equal share the centres."""
    with pycolmap.Database.open(path) as database:
        camera = pycolmap.Camera.create_from_model_name(0, "SIMPLE_RADIAL", 100.0, 80, 60)
        camera.camera_id = database.write_camera(camera)
        for each in photos:
            rng = np.random.default_rng(similar_to(each.id))
            centers = rng.integers(0, 255, (30, 128))
            noise = np.random.default_rng(1000 + each.id).integers(-6, 7, centers.shape)
            data = np.clip(centers + noise, 0, 255).astype(np.uint8)
            image = pycolmap.Image(name=f"{each.id}.jpg", camera_id=camera.camera_id, image_id=each.id)
            database.write_image(image, use_image_id=True)
            kind = pycolmap.FeatureExtractorType.SIFT
            database.write_descriptors(each.id, pycolmap.FeatureDescriptors(type=kind, data=data))


def test_the_next_photos_are_linked():
    assert following_pairs(np.arange(4), 2) == {(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)}


def test_views_of_360_degree_photos_are_linked_with_those_of_the_next_one():
    assert following_pairs(np.array([1, 1, 3, 3, 5]), 1) == {(0, 2), (1, 3), (2, 4)}


def test_views_of_one_360_degree_photo_are_never_paired(tmp_path):
    photos = [replace(photo(number), first_view=number - (number - 1) % 4) for number in range(1, 61)]
    write_database(tmp_path / "features.db", photos, similar_to=lambda number: (number - 1) // 4)
    for matching in (Matching.EXHAUSTIVE, Matching.RETRIEVAL):
        pairs = pairs_to_match(photos, matching, tmp_path / "features.db", seed=0)
        assert len(pairs) > 200
        assert all(photos[i].frame != photos[j].frame for i, j in pairs)


def test_nearest_pairs_follow_the_places():
    positions = np.array([[float(i % 10), float(i // 10), 0.0] for i in range(100)])
    pairs = nearest_pairs(positions, neighbours=4)
    assert (0, 10) in pairs
    assert (0, 99) not in pairs
    assert all(first < second for first, second in pairs)


def test_photos_of_one_place_are_compared_with_others_not_themselves():
    assert nearest_pairs(np.zeros((3, 3)), neighbours=2) == {(0, 1), (0, 2), (1, 2)}


def test_exhaustive_pairs_are_all_pairs_once(tmp_path):
    photos = [photo(number) for number in range(1, 101)]
    pairs = pairs_to_match(photos, Matching.EXHAUSTIVE, tmp_path / "none.db", seed=0)
    assert len(set(pairs)) == len(pairs) == 100 * 99 / 2


@pytest.fixture(scope="module")
def retrieved(tmp_path_factory):
    """Every photo shows what the one 60 numbers later shows."""
    photos = [photo(number) for number in range(1, PHOTOS + 1)]
    path = tmp_path_factory.mktemp("retrieval") / "features.db"
    write_database(path, photos, similar_to=lambda number: number % 60)
    return photos, path, pairs_to_match(photos, Matching.RETRIEVAL, path, seed=0)


def test_photos_that_look_alike_are_matched(retrieved):
    _, _, pairs = retrieved
    assert {(index, index + 60) for index in range(60)} <= set(pairs)


def test_pairs_are_those_of_neighbours_too_and_grow_with_the_photos_alone(retrieved):
    _, _, pairs = retrieved
    assert {(index, index + 1) for index in range(PHOTOS - 1)} <= set(pairs)
    assert pairs == sorted(set(pairs))
    assert len(pairs) <= 25 * PHOTOS


def test_wide_retrieval_has_more_pairs_and_equal_calls_equal_ones(retrieved):
    photos, path, pairs = retrieved
    assert len(pairs_to_match(photos, Matching.WIDE_RETRIEVAL, path, seed=0)) > 1.5 * len(pairs)
    assert pairs_to_match(photos, Matching.RETRIEVAL, path, seed=0) == pairs


def test_photos_near_by_gps_are_matched_though_others_look_more_alike(tmp_path):
    photos = [photo(number, gps=gps(48.0 + 0.0001 * (number % 60), 11.0)) for number in range(1, PHOTOS + 1)]
    write_database(tmp_path / "features.db", photos, similar_to=lambda number: number // 40)
    pairs = set(pairs_to_match(photos, Matching.RETRIEVAL, tmp_path / "features.db", seed=0))
    assert {(index, index + 60) for index in range(60)} <= pairs


def test_photos_without_features_do_no_harm(tmp_path):
    photos = [photo(number) for number in range(1, 6)]
    write_database(tmp_path / "features.db", photos[:4], similar_to=lambda number: number)
    pairs = pairs_to_match(photos, Matching.RETRIEVAL, tmp_path / "features.db", seed=0)
    assert len(pairs) == 10
