"""Matches of photos in COLMAP's database."""

from itertools import combinations

import numpy as np
import pycolmap
import pytest

from components.sfm.matching.match_on_cpu import match_on_cpu
from tests.unit.sfm.matching.test_nearest_descriptors import descriptors, seen_again

PHOTOS = 5


@pytest.fixture
def database(tmp_path):
    """Photos that see the same 800 features, but for the last, which has none."""
    rng = np.random.default_rng(0)
    seen = descriptors(800, rng)
    with pycolmap.Database.open(tmp_path / "photos.db") as opened:
        camera = opened.write_camera(pycolmap.Camera.create_from_model_name(0, "PINHOLE", 100, 64, 48))
        for number in range(PHOTOS):
            image = opened.write_image(pycolmap.Image(f"{number}.jpg", camera_id=camera))
            if number < PHOTOS - 1:
                data = seen_again(seen, 10, rng)
                sift = pycolmap.FeatureExtractorType.SIFT
                opened.write_descriptors(image, pycolmap.FeatureDescriptors(type=sift, data=data))
    return tmp_path / "photos.db"


def read_matches(database) -> dict[tuple[int, int], list]:
    with pycolmap.Database.open(database) as opened:
        pairs = combinations(range(1, PHOTOS + 1), 2)
        return {pair: opened.read_matches(*pair).tolist() for pair in pairs if opened.exists_matches(*pair)}


@pytest.mark.slow
def test_any_number_of_threads_finds_the_same(database):
    pairs = list(combinations(range(1, PHOTOS + 1), 2))
    match_on_cpu(database, pairs, threads=1)
    one = read_matches(database)
    assert one.keys() == set(pairs)
    assert all((len(found) > 700) == (PHOTOS not in pair) for pair, found in one.items())
    for _ in range(5):
        with pycolmap.Database.open(database) as opened:
            opened.clear_matches()
        match_on_cpu(database, pairs, threads=8)
        assert read_matches(database) == one


def test_what_the_database_has_is_kept(database):
    with pycolmap.Database.open(database) as opened:
        opened.write_matches(1, 2, np.array([[7, 9]], np.uint32))
    match_on_cpu(database, [(1, 2), (1, 3)], threads=2)
    found = read_matches(database)
    assert found[1, 2] == [[7, 9]]
    assert len(found[1, 3]) > 700
