"""360° photos become flat views with exact cameras, whose pixels lie where the 360° photo has them."""

from __future__ import annotations

import numpy as np
import pycolmap
import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from components.ingest.photos.sphere import SPHERE_XMP, Sphere
from tests.unit.ingest.lens_pictures import sphere
from tests.unit.ingest.samples import refused, textured_image

WIDTH = 512


def painted(whole, size=(WIDTH, WIDTH // 2)):
    """A 360° photo, or a part of one, whose colours are the level directions that its pixels show."""
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    longitude = ((x + whole.left) / whole.width - 0.5) * 2 * np.pi
    latitude = ((y + whole.top) / whole.height - 0.5) * np.pi
    flat = np.cos(latitude)
    rays = np.stack([flat * np.sin(longitude), np.sin(latitude), flat * np.cos(longitude)], -1)
    return Image.fromarray(np.round(127.5 + 127.5 * rays @ whole.level_from_picture.T).astype(np.uint8))


def gpano(**values):
    properties = " ".join(f'GPano:{name}="{value}"' for name, value in values.items())
    return SPHERE_XMP.replace(b"/></rdf:RDF>", b" " + properties.encode() + b"/></rdf:RDF>")


@pytest.fixture
def folder(tmp_path):
    """Three 360° photos without metadata."""
    folder = tmp_path / "walk"
    folder.mkdir()
    for seed in range(3):
        Image.fromarray(sphere(WIDTH, 20 * seed)).save(folder / f"R{seed}.JPG", quality=92)
    return folder


def views_of(content, frame):
    return [image for image in content["images"] if image["rig"] and image["rig"]["frame"] == frame]


def worst_error(content, frame, capture):
    """Largest difference of the views' used pixels from the colours of their directions, but for 0.2 %:
    JPEG spoils those beside a mask."""
    worst = 0.0
    for view in views_of(content, frame):
        w, x, y, z = view["rig"]["cam_from_rig"]
        rotation = pycolmap.Rotation3d(np.array([x, y, z, w])).matrix()
        side, focal = view["width"], view["focal_length_px"]
        across = (np.arange(side) + 0.5 - side / 2) / focal
        rays = np.stack([*np.meshgrid(across, across), np.ones((side, side))], axis=-1) @ rotation
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        pixels = np.asarray(Image.open(capture / "images" / view["name"]))
        difference = np.abs(pixels - (127.5 + 127.5 * rays))
        mask = capture / "masks" / f"{view['name']}.png"
        used = np.asarray(Image.open(mask)) > 0 if mask.exists() else np.ones((side, side), bool)
        worst = max(worst, float(np.quantile(difference[used], 0.998)))
    return worst


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (12, -7.5)], ids=["level", "tilted"])
def test_pixels_lie_where_the_camera_says(folder, run, tmp_path, pitch, roll):
    picture = painted(Sphere(WIDTH, WIDTH / 2, 0, 0, pitch, roll))
    xmp = gpano(PosePitchDegrees=pitch, PoseRollDegrees=roll)
    picture.save(folder / "a.jpg", quality=98, subsampling=0, xmp=xmp)
    content = run(folder)
    assert len(views_of(content, "a.jpg")) == 8
    assert worst_error(content, "a.jpg", tmp_path / "artifacts" / "capture") < 6


def test_pitch_and_roll_are_those_of_the_camera():
    """As GPano says: upwards, and clockwise, so that the horizon is seen turned anticlockwise."""
    pitched = Sphere(360, 180, pitch_degrees=30).level_from_picture.T
    (ahead,) = Sphere(360, 180).project((pitched @ [0, 0, 1])[None, None])[0]
    assert ahead == pytest.approx([180, 120]), "the horizon is below the middle"
    rolled = Sphere(360, 180, roll_degrees=20).level_from_picture.T
    (right,) = Sphere(360, 180).project((rolled @ [1, 0, 0])[None, None])[0]
    assert right == pytest.approx([270, 70]), "the horizon is raised at the right"


def test_a_part_of_the_sphere_is_placed(folder, run, tmp_path):
    """A shrunk panorama of 240° by 120°, off the middle: views outside are left out, others get a mask."""
    crop = {
        "FullPanoWidthPixels": 4 * WIDTH,
        "FullPanoHeightPixels": 2 * WIDTH,
        "CroppedAreaImageWidthPixels": 1364,
        "CroppedAreaImageHeightPixels": 680,
        "CroppedAreaLeftPixels": 512,
        "CroppedAreaTopPixels": 160,
    }
    picture = painted(Sphere(2 * WIDTH, WIDTH, 256, 80), (682, 340))
    picture.save(folder / "a.jpg", quality=98, subsampling=0, xmp=gpano(**crop))
    content = run(folder)
    views = views_of(content, "a.jpg")
    assert [view["name"][2:5] for view in views] == ["000", "045", "090", "135", "315"]
    assert [round(view["masked_fraction"] or 0.0, 1) for view in views] == [0.0, 0.1, 0.0, 0.4, 0.1]
    assert worst_error(content, "a.jpg", tmp_path / "artifacts" / "capture") < 6
    assert "1 360° photo was rendered as 5 flat views." in content["notes"]


def test_views_have_the_place_and_time_of_their_360_photo(folder, run, tmp_path):
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Maker", "360"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2025:06:21 10:00:00"
    exif.get_ifd(IFD.Exif)[Base.FocalLengthIn35mmFilm] = 7
    place = {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (47.0, 30.0, 0.0)}
    exif.get_ifd(IFD.GPSInfo).update({**place, GPS.GPSLongitudeRef: "E", GPS.GPSLongitude: (8.0, 0.0, 0.0)})
    Image.fromarray(sphere(WIDTH, 90)).save(folder / "a.jpg", quality=92, exif=exif)
    content = run(folder)
    view = views_of(content, "a.jpg")[2]
    assert view["name"] == "a/090.jpg"
    assert (view["source_name"], view["changes"]) == ("a.jpg", ["360° photo to flat views"])
    assert (view["gps"]["latitude"], view["captured_at"]) == (47.5, "2025-06-21T10:00:00")
    assert (view["width"], view["focal_length_px"]) == (200, pytest.approx(100))
    with Image.open(tmp_path / "artifacts" / "capture" / "images" / view["name"]) as image:
        written = image.getexif()
        assert (written[Base.Model], written.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude]) == ("360", (47, 30, 0))
        assert Base.FocalLengthIn35mmFilm not in written.get_ifd(IFD.Exif)
    assert content["camera_groups"][view["camera_group"]]["is_exact"]
    assert len(content["camera_groups"]) == 2


def test_photos_among_360_photos_stay_as_they_are(folder, run):
    textured_image(1).save(folder / "flat.jpg")
    content = run(folder)
    assert len(content["images"]) == 3 * 8 + 1
    (flat,) = (image for image in content["images"] if image["name"] == "flat.jpg")
    assert flat["rig"] is None
    assert content["notes"] == ["3 360° photos were rendered as 8 flat views each."]


def test_the_mask_of_a_360_photo_is_rendered(folder, run):
    mask = np.full((WIDTH // 2, WIDTH), 255, np.uint8)
    mask[160:, :] = 0  # the tripod, from 22.5° below the horizon on
    (folder / "masks").mkdir()
    Image.fromarray(mask).save(folder / "masks" / "R0.png")
    masked = {view["name"]: view["masked_fraction"] for view in views_of(run(folder), "R0.JPG")}
    assert masked["R0/045.jpg"] == pytest.approx(0.5, abs=0.12)
    assert masked["R0/000.jpg"] == pytest.approx(0.0, abs=0.07)


def test_a_blank_view_is_left_out_alone(folder, run):
    picture = sphere(WIDTH, 90)
    picture[:, 470:] = picture[:, :170] = 128
    Image.fromarray(picture).save(folder / "a.jpg", xmp=SPHERE_XMP)
    views = views_of(run(folder), "a.jpg")
    rejected = [(view["name"], view["verdict"]) for view in views if view["verdict"] != "accepted"]
    assert rejected == [("a/225.jpg", "blank")]
    assert len(views) == 8


def test_two_360_photos_are_too_few(folder, run):
    (folder / "R0.JPG").unlink()
    assert "2 of 2 photos can be used; at least 3 are needed" in refused(run, folder).message


def test_copies_of_360_photos_are_found(folder, run):
    with Image.open(folder / "R0.JPG") as image:
        image.resize((400, 200)).save(folder / "R0-small.jpg", quality=70)
    verdicts = {image["name"]: image["verdict"] for image in run(folder)["images"]}
    assert verdicts["R0-small.jpg"] == "duplicate"
    assert len(verdicts) == 3 * 8 + 1
