from dataclasses import replace

import pytest

from components.evaluate.report.photo_table import photo_rows, thumbnail_names
from tests.scene_info import scene_info
from tests.toy_world import HELD_OUT


def test_all_photos_are_listed_problems_first(posed_scene):
    rows = photo_rows(posed_scene, HELD_OUT)
    assert [row.state for row in rows[:3]] == ["rejected", "unregistered", "held-out"]
    assert len(rows) == len(posed_scene.views) + 2
    assert rows[1].reason == "too little overlap"
    assert rows[1].thumbnail is None
    assert rows[2].thumbnail.startswith("data:image/webp;base64,")
    assert sum(len(row.thumbnail or "") for row in rows) < 60_000


def test_of_many_photos_a_part_has_thumbnails():
    images = scene_info([f"{number:03d}.jpg" for number in range(500)]).images
    names = thumbnail_names(images)
    assert len(names) == 167
    assert {"000.jpg", "003.jpg", "498.jpg"} <= names
    assert thumbnail_names(images[:240]) == {image.name for image in images[:240]}


def test_views_of_a_360_photo_are_one_row(posed_scene):
    images = [
        image.replace(frame="walk/R1.JPG", points=points, reprojection_error_px=error)
        for image, points, error in zip(
            posed_scene.info.images[:3], (10, 30, 0), (1.0, 0.2, None), strict=True
        )
    ]
    others = posed_scene.info.images[3:]
    scene = replace(posed_scene, info=posed_scene.info.replace(images=[*images, *others]))
    rows = photo_rows(scene, [image.name for image in images])
    (row,) = (row for row in rows if row.name == "walk/R1.JPG")
    assert (row.state, row.points, row.reprojection_error_px) == ("held-out", 40, pytest.approx(0.4))
    assert row.thumbnail
    assert len(rows) == len(others) + 2  # one more was rejected


def test_a_fisheye_photo_shows_its_front_view(posed_scene):
    first, *others = posed_scene.info.images
    fisheye = first.replace(name="fisheye.jpg", views=(first.name, "left.jpg"))
    scene = replace(posed_scene, info=posed_scene.info.replace(images=[fisheye, *others]))
    (row,) = (row for row in photo_rows(scene, [first.name]) if row.name == "fisheye.jpg")
    assert row.state == "held-out"
    assert row.thumbnail
    assert first.name in thumbnail_names(scene.info.images)
