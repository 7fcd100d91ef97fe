import errno
import hashlib
import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, TiffImagePlugin
from PIL.ExifTags import IFD, Base

from components.ingest.photos.check_images import check_images
from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile
from components.shared.errors import StorageError
from components.shared.progress import ignore_progress
from tests.unit.ingest.icc_files import ADOBE_RGB, DISPLAY_P3, SRGB
from tests.unit.ingest.image_files import png_bytes, tiff_bytes
from tests.unit.ingest.samples import textured_image

FORMAT_NAMES = {"heic": "HEIF", "avif": "AVIF", "webp": "WebP"}


def exif_of_a_phone(orientation=1):
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model], exif[Base.Orientation] = "Apple", "iPhone 15", orientation
    exif.get_ifd(IFD.Exif).update({Base.FocalLengthIn35mmFilm: 26, Base.MakerNote: bytes(80_000)})
    return exif.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["heic", "avif", "webp"])
def test_what_colmap_cannot_read_becomes_a_jpeg_with_its_exif(photos, run, tmp_path, kind):
    pillow_heif.register_heif_opener()
    original = textured_image(9)
    original.save(photos / f"x.{kind}", quality=95, exif=exif_of_a_phone())
    content = run(photos)
    (image,) = (image for image in content["images"] if image["name"].startswith("x."))
    assert image["name"] == f"x.{kind}.jpg"
    assert image["verdict"] == "accepted"
    assert image["changes"] == [f"{FORMAT_NAMES[kind]} to JPEG"]
    assert (image["reason"], image["source_name"]) == ("", f"x.{kind}")
    assert image["focal_length_px"] == pytest.approx(26 / 43.27 * 400)
    path = tmp_path / "artifacts" / "capture" / "images" / image["name"]
    assert path.stat().st_size == image["bytes"]
    with Image.open(path) as jpeg:
        assert jpeg.format == "JPEG"
        assert jpeg.getexif()[Base.Model] == "iPhone 15"
        difference = np.abs(np.asarray(jpeg, float) - np.asarray(original, float)).mean()
    assert difference < 8


def test_a_turned_heic_is_turned_once(photos, run, tmp_path):
    pillow_heif.register_heif_opener()
    textured_image(9).save(photos / "x.heic", exif=exif_of_a_phone(orientation=6))
    (image,) = (image for image in run(photos)["images"] if image["name"] == "x.heic.jpg")
    assert (image["width"], image["height"], image["orientation"]) == (240, 320, 1)


def test_a_name_that_is_taken_already(photos, run):
    pillow_heif.register_heif_opener()
    textured_image(9).save(photos / "x.heic")
    textured_image(10).save(photos / "x.heic.jpg")
    names = run(photos)["names"]
    assert "images/x.heic.jpg" in names
    assert "images/x.heic~2.jpg" in names


def test_the_same_heic_twice(photos, run):
    pillow_heif.register_heif_opener()
    textured_image(9).save(photos / "x.heic")
    (photos / "y.heic").write_bytes((photos / "x.heic").read_bytes())
    images = {image["name"]: image["verdict"] for image in run(photos)["images"]}
    assert images["x.heic.jpg"] == "accepted"
    assert images["y.heic.jpg"] == "duplicate"


@pytest.mark.parametrize("name", ["x.jpg", "x.JPEG", "x.jfif", "x.png"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_photos_that_need_nothing_keep_their_bytes(photos, entry_of, name, mode):
    kind = "PNG" if name.endswith("png") else "JPEG"
    options = {
        "icc_profile": SRGB.profile(),
        **({} if kind == "PNG" else {"progressive": True, "quality": 90}),
    }
    textured_image(9).convert(mode).save(photos / name, kind, **options)
    entry, path = entry_of(name)
    assert (entry["name"], entry["source_name"], entry["changes"]) == (name, "", [])
    assert path.read_bytes() == (photos / name).read_bytes()
    assert entry["sha256"] == hashlib.sha256((photos / name).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "kind", "new_name"),
    [
        ("x.png", "JPEG", "x.png.jpg"),
        ("x.tif", "JPEG", "x.tif.jpg"),
        ("x.heic", "JPEG", "x.heic.jpg"),
        ("x.jpg", "PNG", "x.jpg.png"),
    ],
)
def test_a_wrong_suffix_costs_no_bytes(photos, entry_of, name, kind, new_name):
    textured_image(9).save(photos / name, kind)
    entry, path = entry_of(name)
    assert (entry["name"], entry["source_name"], entry["changes"]) == (new_name, name, [])
    assert path.read_bytes() == (photos / name).read_bytes()


@pytest.mark.parametrize("name", ["x.MPO", "x.JPG"])
def test_of_several_pictures_the_first_is_used(photos, entry_of, name):
    second = textured_image(10, 80, 60)
    exif = Image.Exif()
    exif[Base.Model] = "iPhone 15"
    textured_image(9).save(photos / name, "MPO", save_all=True, append_images=[second], quality=90, exif=exif)
    entry, path = entry_of(name)
    assert entry["name"] == ("x.MPO.jpg" if name == "x.MPO" else name)
    assert entry["changes"] == ["first of several pictures"]
    with Image.open(photos / name) as before, Image.open(path) as after:
        assert (before.format, after.format) == ("MPO", "JPEG")
        assert after.getexif()[Base.Model] == "iPhone 15"
        np.testing.assert_array_equal(np.asarray(before), np.asarray(after))


def test_hidden_colours_do_not_leak_and_transparency_becomes_a_mask(photos, entry_of, tmp_path):
    pixels = np.asarray(textured_image(9).convert("RGBA")).copy()
    pixels[:48] = (255, 0, 0, 0)
    Image.fromarray(pixels).save(photos / "x.png")
    entry, path = entry_of("x.png")
    assert entry["masked_fraction"] == pytest.approx(0.2)
    assert entry["changes"] == ["transparency to a mask"]
    with Image.open(path) as image, Image.open(tmp_path / "artifacts/capture/masks/x.png.png") as mask:
        opaque, used = np.asarray(image, int), np.asarray(mask)
    assert image.mode == "RGB"
    np.testing.assert_array_equal(opaque[48:], pixels[48:, :, :3])
    assert (opaque[:48, :, 0] - opaque[:48, :, 1]).max() < 200
    assert (used[:48] == 0).all()
    assert (used[48:] == 255).all()


def test_a_photo_that_is_all_transparent_is_rejected(photos, judge):
    image = textured_image(9)
    image.putalpha(Image.new("L", image.size, 0))
    image.save(photos / "x.png")
    assert judge("x.png") == ("bad mask", "transparency hides 100.0% of it")


def test_an_opaque_alpha_channel_is_dropped(photos, entry_of):
    textured_image(9).convert("RGBA").save(photos / "x.png")
    entry, path = entry_of("x.png")
    assert (entry["changes"], entry["masked_fraction"]) == (["opaque alpha channel dropped"], None)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(textured_image(9)))


@pytest.mark.parametrize("profile", [b"", DISPLAY_P3.profile()])
def test_with_poses_transparency_stays(tmp_path, profile):
    pillow_heif.register_heif_opener()
    image = textured_image(9)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(tmp_path / "x.png", icc_profile=profile)
    image.save(tmp_path / "y.webp", lossless=True, exact=True)
    files = [SourceFile(name, tmp_path / name) for name in ("x.png", "y.webp")]
    (tmp_path / "out").mkdir()
    checked = check_images(files, tmp_path / "out", IngestSettings(), ignore_progress, keep_alpha=True)
    for photo in checked:
        with Image.open(photo.path) as kept:
            assert (kept.format, kept.mode) == ("PNG", "RGBA")
            np.testing.assert_array_equal(np.asarray(kept)[..., 3], np.asarray(image)[..., 3])
    assert (checked[0].path == tmp_path / "x.png") == (not profile)
    assert checked[1].info.changes == ("WebP to PNG",)


def test_photos_of_a_capture_share_black_and_white(photos, run, tmp_path):
    """12 bits in files of 16: the dark photo stays dark beside the bright one."""
    scene, other = (np.asarray(textured_image(i).convert("L")).astype(np.uint16) * 16 for i in (9, 10))
    Image.fromarray(scene).save(photos / "bright.png")
    Image.fromarray(other // 8).save(photos / "dark.png")
    color = np.asarray(textured_image(11))
    (photos / "color.tif").write_bytes(tiff_bytes(color.astype(np.uint16) * 16, 2))
    images = {image["name"]: image for image in run(photos)["images"]}
    folder = tmp_path / "artifacts" / "capture" / "images"
    means = {}
    for name in ("bright.png", "dark.png", "color.tif.png"):
        assert images[name]["changes"][0] == "12 bits to 8"
        with Image.open(folder / name) as image:
            means[name] = np.asarray(image, float).mean()
    assert means["bright.png"] == pytest.approx(scene.mean() / 4095 * 255, abs=0.5)
    assert means["dark.png"] == pytest.approx((other // 8).mean() / 4095 * 255, abs=0.5)
    assert means["color.tif.png"] == pytest.approx(color.mean(), abs=1)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_sixteen_bits_with_a_profile_use_the_whole_range(photos, entry_of, mode):
    """A dark photo stays dark."""
    dark = np.asarray(textured_image(9).convert(mode)) // 8
    icc = SRGB.gray_profile() if mode == "L" else SRGB.profile()
    (photos / "x.png").write_bytes(png_bytes(dark.astype(np.uint16) * 257, icc=icc))
    _, path = entry_of("x.png")
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), dark)


def test_pixels_without_a_value_are_masked(photos, entry_of, tmp_path):
    gray = np.asarray(textured_image(9).convert("L"))
    values = gray.astype(np.float32) / 255
    values[:24] = np.nan
    Image.fromarray(values).save(photos / "x.tif")
    entry, path = entry_of("x.tif")
    assert entry["masked_fraction"] == pytest.approx(0.1)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image)[24:], gray[24:])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("deflate", [False, True])
def test_tiffs_of_sixteen_bits(photos, entry_of, order, planar, deflate):
    pixels = np.asarray(textured_image(9))
    data = tiff_bytes(pixels.astype(np.uint16) * 257, 2, order=order, planar=planar, deflate=deflate)
    (photos / "x.tif").write_bytes(data)
    entry, path = entry_of("x.tif")
    assert entry["changes"] == ["16 bits to 8", "TIFF to PNG"]
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("deflate", [False, True])
def test_tiffs_in_tiles(photos, entry_of, mode, bits, deflate):
    pixels = np.asarray(textured_image(9).convert(mode))
    stored = pixels if bits == 8 else pixels.astype(np.uint16) * 257
    data = tiff_bytes(stored, 1 if mode == "L" else 2, tile_px=64, deflate=deflate)
    (photos / "x.tif").write_bytes(data)
    _, path = entry_of("x.tif")
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_a_damaged_second_page_costs_nothing(photos, entry_of):
    pixels = np.asarray(textured_image(9))
    data = bytearray(tiff_bytes(pixels, 2))
    count = int.from_bytes(data[8:10], "little")
    data[10 + 12 * count : 14 + 12 * count] = b"\xf0\xff\xff\x7f"
    (photos / "x.tif").write_bytes(data)
    entry, path = entry_of("x.tif")
    assert "TIFF to PNG" in entry["changes"]
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize(
    ("kind", "photometric"), [("uint16", 0), ("uint32", 1), ("int32", 1), ("float32", 1), ("uint16", 1)]
)
def test_gray_tiffs(photos, entry_of, kind, photometric):
    gray = np.asarray(textured_image(9).convert("L"))
    factor = {"uint16": 257, "uint32": 16_843_009, "int32": 257, "float32": 1 / 255}[kind]
    values = (gray * np.float64(factor)).astype(kind)
    (photos / "x.tif").write_bytes(tiff_bytes(65_535 - values if photometric == 0 else values, photometric))
    _, path = entry_of("x.tif")
    with Image.open(path) as image:
        assert image.mode == "L"
        assert np.abs(np.asarray(image, int) - gray).max() <= 1


def test_lab(photos, entry_of):
    spaces = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    ImageCms.profileToProfile(textured_image(9), *spaces, outputMode="LAB").save(photos / "x.tif")
    entry, path = entry_of("x.tif")
    assert entry["changes"] == ["CIELAB to sRGB", "TIFF to PNG"]
    with Image.open(path) as image:
        assert np.abs(np.asarray(image, int) - np.asarray(textured_image(9))).mean() < 1


def test_premultiplied_alpha(photos, entry_of):
    pixels = np.asarray(textured_image(9))
    alpha = np.full((240, 320, 1), 40_000, np.uint16)
    multiplied = (pixels * 257.0 * 40_000 / 65_535).round().astype(np.uint16)
    (photos / "x.tif").write_bytes(tiff_bytes(np.concatenate([multiplied, alpha], axis=2), 2, extra=1))
    _, path = entry_of("x.tif")
    with Image.open(path) as image:
        assert np.abs(np.asarray(image, int) - pixels).max() <= 1


@pytest.mark.parametrize(
    ("profile", "change"),
    [
        (DISPLAY_P3.profile()[:300], "damaged colour profile ignored"),
        (ADOBE_RGB.gray_profile(), "colour profile for GRAY ignored"),
    ],
)
def test_a_profile_that_cannot_be_used_is_dropped(photos, entry_of, profile, change):
    textured_image(9).save(photos / "x.png", icc_profile=profile)
    entry, path = entry_of("x.png")
    assert entry["changes"] == [change]
    with Image.open(path) as image:
        assert "icc_profile" not in image.info
        np.testing.assert_array_equal(np.asarray(image), np.asarray(textured_image(9)))


def test_a_full_disk_is_no_verdict_on_the_photo(photos, run, monkeypatch):
    textured_image(9).save(photos / "x.bmp")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(StorageError, match="No space left"):
        run(photos)


def tiff_pages(*pages: tuple[int, Image.Image], sub_files: int | None = None) -> bytes:
    """A TIFF of pictures with their NewSubfileType."""
    file = io.BytesIO()
    for kind, image in pages:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[254] = kind
        if sub_files is not None:
            tags[330] = sub_files
        image.encoderinfo = {"tiffinfo": tags}
    (_, first), *others = pages
    first.save(file, "TIFF", save_all=True, append_images=[image for _, image in others], **first.encoderinfo)
    return file.getvalue()


@pytest.mark.parametrize("depth", [8, 16])
def test_the_photo_of_a_tiff_is_not_the_preview_before_it(photos, entry_of, depth):
    photo = textured_image(9)
    pages = [(1, photo.resize((80, 60))), (1, photo.resize((160, 120))), (0, photo)]
    if depth == 16:
        gray = [(kind, np.asarray(page.convert("L")).astype(np.uint16)) for kind, page in pages]
        pages = [(kind, Image.fromarray(page * 257)) for kind, page in gray]
    (photos / "x.tif").write_bytes(tiff_pages(*pages))
    entry, path = entry_of("x.tif")
    assert (entry["width"], entry["height"]) == photo.size
    assert entry["changes"][0] == "picture behind its preview"
    with Image.open(path) as image:
        expected = np.asarray(photo.convert(image.mode), np.int16)
        np.testing.assert_allclose(np.asarray(image, np.int16), expected, atol=3)


def test_a_tiff_of_which_only_a_preview_can_be_read_is_refused(photos, run):
    (photos / "x.tif").write_bytes(tiff_pages((1, textured_image(9)), sub_files=8))
    (entry,) = (image for image in run(photos)["images"] if image["name"] == "x.tif")
    assert entry["verdict"] == "unsupported"
    assert entry["reason"].startswith("it is a raw file or a TIFF that shows only a preview")
