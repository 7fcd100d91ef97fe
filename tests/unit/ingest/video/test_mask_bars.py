"""Black bars of a film are masked; dark edges of a scene are not."""

import numpy as np
import pytest

from tests.unit.ingest.films import walk, write_film


def fractions(content):
    return {image["masked_fraction"] for image in content["images"]}


@pytest.mark.parametrize(
    ("bars", "expected"),
    [((30, 30, 0, 0), 0.25), ((0, 0, 40, 40), 0.25), ((40, 0, 0, 0), 1 / 6)],
    ids=["letterbox", "pillarbox", "above alone"],
)
def test_bars_are_left_out_of_all_frames(frames, tmp_path, bars, expected):
    top, bottom, left, right = bars
    shots = [shot.copy() for shot in walk(12)]
    for shot in shots:
        for bar in (shot[:top], shot[240 - bottom :], shot[:, :left], shot[:, 320 - right :]):
            bar[:] = 0
    content = frames(write_film(tmp_path / "walk.mp4", shots))[0]
    (fraction,) = fractions(content)
    assert expected <= fraction <= expected + 0.04
    assert content["notes"][0].startswith("The film has black bars at its edges")


def test_a_film_without_bars_and_a_thing_on_black_have_no_masks(frames, tmp_path):
    assert fractions(frames(write_film(tmp_path / "walk.mp4", walk(12)))[0]) == {None}
    shots = [np.zeros_like(shot) for shot in walk(12)]
    for shot, picture in zip(shots, walk(12), strict=True):
        shot[60:180, 110:210] = picture[60:180, 110:210]
    content = frames(write_film(tmp_path / "thing.mp4", shots))[0]
    assert fractions(content) == {None}
