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
