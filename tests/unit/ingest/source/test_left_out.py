"""What lies beside photos in the folders of other programs, and is none of them."""

import time
from pathlib import Path

import pytest

from components.ingest.source.choose_photos import choose_photos, is_hidden
from components.ingest.source.source_file import SourceFile
from tests.unit.ingest.samples import refused, textured_image


def choose(*names):
    return choose_photos([SourceFile(name, Path(name)) for name in names])


def photos_of(chosen):
    return [file.name for file in chosen.photos]


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("depth", "depth/ was left out: it holds depth, normals or labels, and no photos (2 files)."),
        ("depths_2", "depths_2/ was left out"),
        ("normal_maps", "normal_maps/ was left out"),
        ("Segmentation", "Segmentation/ was left out"),
        ("semantics", "semantics/ was left out"),
        ("confidence", "confidence/ was left out"),
        ("dense/images", "dense/ was left out: it holds undistorted copies of the photos (2 files)."),
        ("undistorted", "undistorted/ was left out"),
        ("thumbnails", "thumbnails/ was left out: it holds small copies of the photos (2 files)."),
    ],
)
@pytest.mark.parametrize("photos", ["images", "rgb", "Photos", "input"])
def test_folders_beside_the_photos_are_left_out_with_a_note(folder, words, photos):
    chosen = choose(f"{photos}/a.jpg", f"{folder}/a.png", f"{folder}/b.png")
    assert photos_of(chosen) == [f"{photos}/a.jpg"]
    assert len(chosen.notes) == 1
    assert chosen.notes[0].startswith(words)
    assert chosen.ignored == 2


@pytest.mark.parametrize(
    "names",
    [
        ("depth/a.jpg", "depth/b.jpg"),
        ("normal/a.jpg", "macro/a.jpg"),
        ("dense/a.jpg", "sparse/a.jpg"),
        ("images/depth of field.jpg", "images/normal.jpg"),
        ("images/a.jpg", "deep forest/a.jpg", "flower/a.jpg"),
    ],
)
def test_photos_in_folders_of_such_names_are_photos(names):
    chosen = choose(*names)
    assert photos_of(chosen) == sorted(names)
    assert chosen.notes == []


@pytest.mark.parametrize("folder", ["sam_masks", "people_mask", "masks_png", "SAM2 Masks", "shoot/sky-mask"])
def test_folders_of_masks_whose_white_may_mean_either_are_left_out_with_a_note(folder):
    chosen = choose("a.jpg", "b.jpg", f"{folder}/a.png", f"{folder}/b.png")
    assert photos_of(chosen) == ["a.jpg", "b.jpg"]
    assert chosen.masks == []
    assert chosen.notes == [
        f"{folder}/ was left out: it holds masks, it seems; call it masks if white marks what to use "
        "(2 files)."
    ]


@pytest.mark.parametrize("folder", ["no_mask", "without masks", "unmasked", "masked", "damask"])
def test_photos_in_folders_that_are_not_of_masks(folder):
    assert photos_of(choose("a.jpg", f"{folder}/b.jpg")) == ["a.jpg", f"{folder}/b.jpg"]


@pytest.mark.parametrize(
    ("photo", "beside"),
    [
        ("frame_00001.jpg", ("depth_00001.png", "conf_00001.png")),
        ("frame-1.color.png", ("frame-1.depth.png",)),
        ("r_0.png", ("r_0_depth_0001.png", "r_0_normal_0001.png", "R_0_Depth.tif")),
        ("images/1.jpg", ("images/1.depth.png",)),
    ],
)
def test_maps_called_like_photos_beside_them_are_left_out_with_a_note(photo, beside):
    chosen = choose(photo, *beside)
    assert photos_of(chosen) == [photo]
    assert chosen.notes == [
        "Pictures of depth, normals or labels, called like photos beside them, were left out "
        f"({len(beside)} files)."
    ]


@pytest.mark.parametrize(
    "names", [("door.jpg", "door_normal.jpg"), ("a.png", "other/a_depth.png"), ("depth.png", "normal_1.png")]
)
def test_photos_called_so_without_such_a_photo_are_photos(names):
    assert photos_of(choose(*names)) == sorted(names)


def test_depth_as_arkit_scenes_has_it_is_left_out():
    chosen = choose("lowres_wide/1.png", "lowres_depth/1.png", "highres_depth/1.png", "confidence/1.png")
    assert [photo.name for photo in chosen.photos] == ["lowres_wide/1.png"]
    assert len(chosen.notes) == 3


def test_depth_beside_a_film_is_left_out():
    chosen = choose("rgb.mp4", "depth/000000.png", "confidence/000000.png")
    assert photos_of(chosen) == []
    assert [file.name for file in chosen.videos] == ["rgb.mp4"]
    assert [note[:18] for note in chosen.notes] == ["depth/ was left ou", "confidence/ was le"]


@pytest.mark.parametrize("folder", ["MeshroomCache/Prepare", "odm_texturing", "opensfm/undistorted/images"])
def test_what_other_programs_have_made_is_left_out(folder):
    chosen = choose("images/a.jpg", f"{folder}/a.png")
    assert photos_of(chosen) == ["images/a.jpg"]
    assert "it holds what another program has made of the photos" in chosen.notes[0]


def test_many_maps_take_little_time():
    names = [name for i in range(5_000) for name in (f"frame_{i}.jpg", f"depth_{i}.png")]
    started = time.process_time()
    assert len(photos_of(choose(*names))) == 5_000
    assert time.process_time() - started < 5


def test_polycams_undistorted_copies_are_left_out():
    chosen = choose("keyframes/images/1.jpg", "keyframes/corrected_images/1.jpg")
    assert photos_of(chosen) == ["keyframes/images/1.jpg"]


def test_undistorted_copies_of_3dgs_are_left_out():
    chosen = choose("input/a.jpg", "images/a.jpg", "images_2/a.jpg", "distorted/sparse/0/cameras.bin")
    assert photos_of(chosen) == ["input/a.jpg"]


def test_results_of_an_earlier_run_are_no_photos():
    results = ("scene.sog", "viewer.html", "report.html", "report.json", "thumbnail.webp", "flythrough.mp4")
    chosen = choose("a.jpg", *(f"out/{name}" for name in results), "thumbnail.webp")
    assert photos_of(chosen) == ["a.jpg", "thumbnail.webp"]
    assert chosen.rejected == []
    assert chosen.notes == ["Pictures among the results of an earlier run were left out (2 files)."]


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "#recycle/a.jpg",
        "@Recycle/a.jpg",
        ".picasaoriginals/a.jpg",
        "Cat Previews.lrdata/a.jpg",
        "$RECYCLE.BIN/a.jpg",
        "System Volume Information/a.jpg",
        "__macosx/._a.jpg",
        ".trashed-1690000000-a.jpg",
        ".pending-1690000000-a.jpg",
        ".Trash-1000/files/a.jpg",
    ],
)
def test_folders_of_systems_and_programs_are_hidden(name):
    assert is_hidden(name)
    assert photos_of(choose("b.jpg", name)) == ["b.jpg"]


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        (
            ".IMG_1.HEIC.icloud",
            "unreadable",
            "it is in iCloud and not on this computer",
        ),
        ("b.jpg.crdownload", "truncated", "its download was not finished"),
        ("b.jpg.part", "truncated", "its download was not finished"),
        ("b.NEF", "unsupported", "raw .nef files cannot be read; export it as JPEG"),
    ],
)
def test_photos_that_are_not_there_get_a_verdict(name, verdict, words):
    (image,) = choose("a.jpg", name).rejected
    assert image.verdict == verdict
    assert words in image.reason
    assert image.name == name


def test_other_names_are_noted():
    chosen = choose("a:b.jpg", "c.jpg")
    assert [(file.name, file.original_name) for file in chosen.photos] == [
        ("a_b.jpg", "a:b.jpg"),
        ("c.jpg", ""),
    ]
    assert chosen.notes == [
        "1 photo has another name in the scene, because the own one is too long, taken, or not possible on "
        "every computer: a:b.jpg is a_b.jpg."
    ]


def test_a_folder_of_raw_files_says_what_to_do(photos, run):
    for photo in photos.iterdir():
        photo.rename(photo.with_suffix(".CR3"))
    error = refused(run, photos)
    assert "0 of 4 photos can be used" in error.message
    assert "a.CR3 and 3 more: unsupported (raw .cr3 files cannot be read; export it as JPEG)" in error.message
    assert error.remedy.startswith("Export the photos as JPEG")


def test_masks_alone_are_no_capture(photos, run):
    for photo in photos.iterdir():
        photo.unlink()
    (photos / "masks").mkdir()
    for name in "abc":
        textured_image(0).save(photos / "masks" / f"{name}.jpg.png")
    error = refused(run, photos)
    assert error.message.endswith("holds no photos, but 3 masks, masks/a.jpg.png first")
    assert "masks/a.jpg.png" in error.remedy
