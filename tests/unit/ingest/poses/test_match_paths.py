"""Paths as other programs write them, and the photos that they mean."""

import pytest

from components.ingest.poses.match_paths import PathMatcher

NAMES = [
    "shoot/images/006.png",
    "shoot/images/007.JPG",
    "shoot/images/a b.webp",
    "shoot/train/r_0.png",
    "shoot/test/r_0.png",
    "shoot/test/r_1.png",
    "shoot/Case/x.png",
    "shoot/case/X.png",
    "shoot/images/twin.png",
    "shoot/images/twin.webp",
    "mip/images_4/1.jpg",
]
MATCHER = PathMatcher(NAMES)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("images/006.png", "shoot/images/006.png"),
        ("./images/../images//006.png", "shoot/images/006.png"),
        ("images\\006.png", "shoot/images/006.png"),
        ("images/006", "shoot/images/006.png"),
        ("images/006.PNG", "shoot/images/006.png"),
        ("images/006.png.png", "shoot/images/006.png"),
        ("images/007.jpg", "shoot/images/007.JPG"),
        ("images/007", "shoot/images/007.JPG"),
        ("images/a%20b.webp", "shoot/images/a b.webp"),
        ("images/a b", "shoot/images/a b.webp"),
        ("/home/user/data/images/006.png", "shoot/images/006.png"),
        ("C:\\data\\images\\006.png", "shoot/images/006.png"),
        ("../../elsewhere/images/006.png", "shoot/images/006.png"),
        ("../shoot/images/006.png", "shoot/images/006.png"),
        ("train/r_0", "shoot/train/r_0.png"),
        ("test/r_0", "shoot/test/r_0.png"),
        ("Case/x.png", "shoot/Case/x.png"),
        ("CASE/x.png", None),
        ("train/r_1", None),
        ("r_1.png", None),
        ("images/008.png", None),
        ("images/006.JPEG", "shoot/images/006.png"),
        ("D:\\x\\images\\006.CR2", "shoot/images/006.png"),
        ("images/006.ply", None),
        ("images/twin.jpg", None),
        ("file:///home/user/images/006.png", "shoot/images/006.png"),
        ("https://host/images/a%20b.webp", "shoot/images/a b.webp"),
        (" images/006.png ", "shoot/images/006.png"),
        ("", None),
    ],
)
def test_a_file_in_the_folder_shoot_names(path, name):
    assert MATCHER.find(path, "shoot") == name


def test_smaller_copies_stand_for_photos_that_are_not_there():
    assert MATCHER.find("images/1.jpg", "mip") == "mip/images_4/1.jpg"
    assert PathMatcher([*NAMES, "mip/images/1.jpg"]).find("images/1.jpg", "mip") == "mip/images/1.jpg"
