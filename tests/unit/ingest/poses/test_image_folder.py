"""Which folder of the capture the names of a model are relative to."""

import pytest
from PIL import Image

from components.ingest.poses.image_folder import find_image_folder
from components.ingest.source.source_file import SourceFile


@pytest.fixture
def find(tmp_path):
    """The folder that is found for a model in `place`, whose camera has 40 x 30 pixels."""

    def find(photos: dict[str, tuple[int, int]], names=("a.png", "b.png"), place="sparse/0"):
        files = {}
        for index, (name, size) in enumerate(photos.items()):
            Image.new("L", size).save(tmp_path / f"{index}.png")
            files[name] = SourceFile(name, tmp_path / f"{index}.png")
        return find_image_folder(f"{place}/images.bin", dict.fromkeys(names, (40, 30)), files)

    return find


def pair(folder: str, size=(40, 30)) -> dict[str, tuple[int, int]]:
    return {f"{folder}a.png": size, f"{folder}b.png": size}


@pytest.mark.parametrize("folder", ["", "images/", "shoot/input/", "images_4/"])
def test_the_folder_that_holds_the_photos(find, folder):
    assert find(pair(folder)) == folder.rstrip("/")


def test_photos_in_another_format_count_where_none_has_its_name(find):
    assert find(pair("images/"), names=("a.jpg", "B.CR2")) == "images"
    assert find({**pair("images/"), "old/a.jpg": (40, 30)}, names=("a.jpg", "b.jpg")) == "old"


def test_names_may_begin_with_the_folder(find):
    assert find(pair("shoot/images/"), names=("images/A.png", "images/B.PNG")) == "shoot"


def test_names_of_another_computer_or_of_smaller_copies_are_found(find):
    assert find(pair("images/"), names=("/home/x/images/a.png",)) == ""
    assert find(pair("shoot/images_4/"), names=("images/a.png",), place="shoot/sparse") == "shoot"


def test_the_folder_with_most_of_the_photos(find):
    assert find({**pair("images_2/"), "images/a.png": (40, 30)}) == "images_2"


def test_of_several_copies_that_of_the_size_of_the_camera(find):
    photos = {**pair("images/", (36, 28)), **pair("input/"), **pair("images_4/", (10, 8))}
    assert find(photos) == "input"
    assert find({**photos, **pair("images_4/"), **pair("input/", (44, 33))}) == "images_4"


def test_of_equal_copies_the_one_beside_the_model(find):
    photos = {**pair("images/"), **pair("images_2/"), **pair("dense/images/")}
    assert find(photos) == "images"
    assert find(photos, place="dense/sparse") == "dense/images"


def test_photos_of_another_capture_have_no_folder(find):
    assert find({"images/x.png": (40, 30)}) is None


def test_names_without_suffix_are_found(find):
    assert find(pair("shoot/input/"), names=("a", "b")) == "shoot/input"
    assert find({**pair("images/", (36, 28)), **pair("input/")}, names=("A", "B")) == "input"
