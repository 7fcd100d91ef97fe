"""Damage of EXIF × container: pixels are used, sound values are read, and `exif_error` names the others."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from components.ingest.photos.check_images import check_images
from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile
from components.sfm.scene_images.resample import UndistortionMap, undistort_photo
from components.shared.progress import ignore_progress
from tests.unit.ingest.exif_files import (
    CAMERA,
    CONTAINERS,
    DOUBLE,
    LENS,
    LONG,
    PLACE,
    RATIONAL,
    SHORT,
    UNDEFINED,
    Entry,
    exif_bytes,
    long,
    photo_bytes,
    rational,
    short,
    text,
)
from tests.unit.ingest.samples import textured_image

SOUND = {
    "make": "Maker",
    "model": "M-1",
    "focal_length_mm": 5.0,
    "focal_length_35mm": 28.0,
    "captured_at": "2024-05-01T10:11:12",
    "latitude": 48 + 5 / 60 + 5 / 3600,
    "altitude_m": 100.0,
}
NO_LENS = {"focal_length_mm": None, "focal_length_35mm": None, "captured_at": None}
NO_PLACE = {"latitude": None, "altitude_m": None}


def lens(*entries: Entry) -> bytes:
    """EXIF with these in place of the lens's entries of the same tags."""
    tags = {entry.tag for entry in entries}
    return exif_bytes(details=(*(entry for entry in LENS if entry.tag not in tags), *entries))


def place(*entries: Entry) -> bytes:
    tags = {entry.tag for entry in entries}
    return exif_bytes(place=(*(entry for entry in PLACE if entry.tag not in tags), *entries))


def camera(*entries: Entry) -> bytes:
    tags = {entry.tag for entry in entries}
    return exif_bytes((*(entry for entry in CAMERA if entry.tag not in tags), *entries))


DAMAGE = {
    "sound": (exif_bytes(), {}, None),
    "endless chain": (exif_bytes(following=8), {}, None),
    "text outside": (camera(Entry(0x10F, 2, 500, b"", 0x7FFFFFF0)), {"make": ""}, "Make lies outside"),
    "billions of values": (camera(Entry(0x10F, 2, 2**32 - 16, b"", 30)), {"make": ""}, "Make claims"),
    "number for text": (camera(short(0x10F, 7)), {"make": ""}, "Make is '7'"),
    "Latin-1": (camera(text(0x10F, "Müller".encode("latin-1"))), {"make": "Müller"}, None),
    "unknown type": (camera(Entry(0x110, 99, 1, b"abcd")), {"model": ""}, "Model is of the unknown type 99"),
    "huge notes": (lens(Entry(0x927C, UNDEFINED, 60_000, bytes(60_000))), {}, None),
    "resolution 72/0": (camera(rational(0x11A, (72, 0))), {}, None),
    "resolution as text": (camera(text(0x11A, b"seventy-two")), {}, None),
    "pointer outside": (camera(long(0x8769, 2**31 - 1)), NO_LENS, "ExifIFD lies outside"),
    "pointer to itself": (camera(long(0x8769, 8)), NO_LENS, None),
    "pointer as text": (camera(text(0x8769, b"abc")), NO_LENS, "ExifIFD is 'abc'"),
    "GPS pointer outside": (camera(long(0x8825, 2**31 - 1)), NO_PLACE, "GPSInfo lies outside"),
    "focal length 5/0": (lens(rational(0x920A, (5, 0))), {"focal_length_mm": None}, "FocalLength is 'inf'"),
    "focal length 0/0": (lens(rational(0x920A, (0, 0))), {"focal_length_mm": None}, None),
    "focal length 0": (lens(rational(0x920A, (0, 1))), {"focal_length_mm": None}, None),
    "focal length 1e9": (lens(rational(0x920A, (10**9, 1))), {"focal_length_mm": None}, "FocalLength is"),
    "focal length as text": (lens(text(0x920A, b"5.0")), {}, None),
    "focal length and unit": (lens(text(0x920A, b"5 m")), {"focal_length_mm": None}, "FocalLength is '5 m'"),
    "focal length NaN": (
        lens(Entry(0x920A, DOUBLE, 1, struct.pack("<d", float("nan")))),
        {"focal_length_mm": None},
        "FocalLength is 'nan'",
    ),
    "35 mm 65535": (lens(short(0xA405, 65535)), {"focal_length_35mm": None}, "FocalLengthIn35mmFilm is"),
    "35 mm twice": (lens(short(0xA405, 28, 0)), {}, None),
    "time of bytes": (lens(text(0x9003, b"2024:05:01 10:11:12", UNDEFINED)), {}, None),
    "time of zeros": (lens(text(0x9003, b"0000:00:00 00:00:00")), {"captured_at": None}, None),
    "time of blanks": (lens(text(0x9003, b"    :  :     :  :  ")), {"captured_at": None}, None),
    "hour 24": (lens(text(0x9003, b"2024:05:01 24:00:00")), {"captured_at": None}, "DateTimeOriginal is"),
    "odd fraction": (lens(text(0x9291, "²".encode())), {}, None),
    "Arabic fraction": (lens(text(0x9291, "٣٤".encode())), {}, None),
    "odd offset": (lens(text(0x9011, b"+99:99")), {}, None),
    "latitude 91": (place(rational(2, (91, 1), (0, 1), (0, 1))), NO_PLACE, "GPSLatitude is '91 0 0'"),
    "latitude 0/0": (place(rational(2, (0, 0), (0, 0), (0, 0))), NO_PLACE, None),
    "latitude 48 5/0": (place(rational(2, (48, 1), (5, 0), (5, 1))), NO_PLACE, "GPSLatitude is"),
    "no reference": (place(Entry(1, 2, 0, b"")), NO_PLACE, "GPSLatitudeRef is ''"),
    "reference of bytes": (place(text(1, b"N", UNDEFINED)), {}, None),
    "altitude as text": (place(text(6, b"high")), {"altitude_m": None}, "GPSAltitude is 'high'"),
    "altitude 1/0": (place(rational(6, (1, 0))), {"altitude_m": None}, "GPSAltitude is 'inf'"),
    "altitude, reference 0 as text": (place(text(5, b"0")), {}, None),
    "altitude, reference 1 as text": (place(text(5, b"1")), {"altitude_m": -100.0}, None),
    "signed altitude": (place(Entry(6, 10, 1, struct.pack("<2i", -3, 1))), {"altitude_m": -3.0}, None),
}
ORIENTATIONS = {
    "0": (short(0x112, 0), 1, None),
    "9": (short(0x112, 9), 1, "Orientation is '9'"),
    "as text": (text(0x112, b"6"), 6, None),
    "as a byte": (Entry(0x112, UNDEFINED, 1, b"\6"), 1, "Orientation is '\\x06'"),
    "twice": (short(0x112, 6, 1), 6, None),
    "a million": (Entry(0x112, LONG, 10**6, b"", 2**32 - 16), 1, "Orientation claims 1000000 values"),
    "0/0": (Entry(0x112, RATIONAL, 1, struct.pack("<2I", 0, 0)), 1, None),
}


def checked(folder, container, damage):
    """Entries of `capture.json` by kind of damage, and the files that the capture would get."""
    (folder / "converted").mkdir()
    photos = []
    for seed, (name, exif) in enumerate(damage.items()):
        path = folder / f"{seed}.{container.lower()}"
        path.write_bytes(photo_bytes(textured_image(seed), container, exif))
        photos.append(SourceFile(name, path))
    images = check_images(photos, folder / "converted", IngestSettings(), ignore_progress)
    return {image.source.name: image.info for image in images}


def read(info):
    place = info.gps
    return {name: getattr(info, name) for name in SOUND if name not in NO_PLACE} | {
        "latitude": place and place.latitude,
        "altitude_m": place and place.altitude_m,
    }


# Pillow refuses some AVIFs, or writes their EXIF anew before anyone sees it; see below.
@pytest.mark.slow
@pytest.mark.parametrize("container", [name for name in CONTAINERS if name != "AVIF"])
def test_damage_costs_only_its_value(tmp_path, container):
    images = checked(tmp_path, container, {name: exif for name, (exif, _, _) in DAMAGE.items()})
    for name, (_, lost, error) in DAMAGE.items():
        info = images[name]
        assert info.is_accepted, (name, info.reason)
        assert read(info) == pytest.approx(SOUND | lost), name
        if error is None:
            assert info.exif_error is None, name
        elif container != "TIFF" or "pointer outside" not in name:  # there it lies in the pixels
            assert error in info.exif_error, name


@pytest.mark.slow
def test_damage_costs_an_avif_no_pixels(tmp_path):
    images = checked(tmp_path, "AVIF", {name: exif for name, (exif, _, _) in DAMAGE.items()})
    assert {name for name, info in images.items() if not info.is_accepted} == set()
    for name, info in images.items():
        left_out = "damaged metadata dropped" in info.changes
        assert left_out == ("EXIF was left out" in (info.exif_error or "")), name
        assert left_out or info.model == DAMAGE[name][1].get("model", "M-1"), name


@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
def test_orientations(tmp_path, container):
    images = checked(tmp_path, container, {name: camera(tag) for name, (tag, _, _) in ORIENTATIONS.items()})
    for name, (_, orientation, error) in ORIENTATIONS.items():
        assert images[name].orientation == orientation, name
        assert images[name].focal_length_mm == 5.0, name
        assert (images[name].exif_error or "").removeprefix("EXIF was not read in full: ") == (error or "")


@pytest.mark.parametrize("container", [name for name in CONTAINERS if name != "TIFF"])
def test_exif_that_is_none(tmp_path, container):
    kinds = {
        "no header": b"XX*\0" + bytes(40),
        "cut off": b"II*\0\x08\0\0\0" + bytes(6),
        "nothing but a header": b"II*\0" + struct.pack("<I", 4000) + bytes(8),
        "60,000 entries": b"II*\0" + struct.pack("<IH", 8, 60_000) + b"\1\2" * 30,
    }
    for name, info in checked(tmp_path, container, kinds).items():
        assert info.is_accepted, (name, info.reason)
        assert (info.focal_length_mm, info.gps, info.make) == (None, None, ""), name
        assert name == "cut off" or "EXIF was" in info.exif_error, name


@pytest.mark.parametrize("container", [name for name in CONTAINERS if name not in ("TIFF", "AVIF")])
def test_all_text_and_bytes_of_exif_may_be_noise(tmp_path, container):
    noise = bytes(range(256)) * 40
    kinds = {f"behind {kept}": exif_bytes()[:kept] + noise for kept in (8, 10, 22, 60, 100, 150, 200)}
    assert all(info.is_accepted for info in checked(tmp_path, container, kinds).values())


def test_exif_of_a_png_written_by_imagemagick(tmp_path):
    exif = b"Exif\0\0" + exif_bytes()
    lines = exif.hex()
    for key in ("exif", "APP1"):
        info = PngInfo()
        info.add_text(f"Raw profile type {key}", f"\n{key}\n{len(exif):8}\n{lines[:70]}\n{lines[70:]}\n")
        textured_image(1).save(tmp_path / f"{key}.png", pnginfo=info)
        (photo,) = check_images(
            [SourceFile(f"{key}.png", tmp_path / f"{key}.png")], tmp_path, IngestSettings(), ignore_progress
        )
        assert photo.info.focal_length_mm == 5.0
        assert photo.info.orientation == 6


def test_exif_of_several_segments_is_no_obstacle_to_undistortion(tmp_path):
    notes = exif_bytes(details=(*LENS, Entry(0x927C, UNDEFINED, 90_000, bytes(90_000))))
    plain = photo_bytes(textured_image(1), "JPEG", exif_bytes())
    segments = b"".join(
        b"\xff\xe1" + struct.pack(">H", len(part) + 8) + b"Exif\0\0" + part
        for part in (notes[:60_000], notes[60_000:])
    )
    path = tmp_path / "a.jpg"
    path.write_bytes(plain[:2] + segments + plain[2:])
    rows, columns = np.mgrid[0.5:240, 0.5:320]
    positions = np.stack([columns / 320, rows / 240], axis=-1).astype(np.float32)
    undistort_photo(path, tmp_path / "b.jpg", UndistortionMap(positions, (320, 240)))
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.size == (320, 240)


def test_the_sensors_resolution_may_be_nonsense(tmp_path):
    def with_resolution(*entries):
        return exif_bytes(details=(LENS[1], *entries))

    inches = (rational(0xA20E, (4000, 1)), short(0xA210, 2))  # 157 pixels per mm
    images = checked(
        tmp_path,
        "JPEG",
        {
            "sound": with_resolution(*inches),
            "unit as text": with_resolution(inches[0], text(0xA210, b"2")),
            "unit twice": with_resolution(inches[0], Entry(0xA210, SHORT, 2, struct.pack("<2H", 2, 2))),
            "unit 9": with_resolution(inches[0], short(0xA210, 9)),
            "300 pixels per metre": with_resolution(rational(0xA20E, (3, 1)), inches[1]),
            "4e9": with_resolution(rational(0xA20E, (2**32 - 1, 1)), inches[1]),
            "1/0": with_resolution(rational(0xA20E, (1, 0)), inches[1]),
        },
    )
    expected = pytest.approx(5.0 * 4000 / 25.4)
    assert [images[name].focal_length_px for name in ("sound", "unit as text", "unit twice")] == [
        expected
    ] * 3
    for name in ("unit 9", "300 pixels per metre", "4e9", "1/0"):
        assert images[name].focal_length_px is None
        assert "FocalPlane" in images[name].exif_error, name


@pytest.mark.parametrize("kind", ["L", "RGB", "RGBA", "CMYK", "I;16"])
def test_tiffs_that_are_to_be_turned_are(tmp_path, kind):
    photo = textured_image(1)
    if kind == "I;16":
        photo = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)
    else:
        photo = photo.convert(kind)
    photo.save(tmp_path / "turned.tif", tiffinfo={274: 6})
    photo.transpose(Image.Transpose.ROTATE_270).save(tmp_path / "upright.tif")
    photos = [SourceFile(name, tmp_path / name) for name in ("turned.tif", "upright.tif")]
    (tmp_path / "new").mkdir()
    turned, upright = check_images(photos, tmp_path / "new", IngestSettings(), ignore_progress)
    assert turned.info.is_accepted, turned.info.reason
    assert (turned.info.width, turned.info.height, turned.info.orientation) == (240, 320, 1)
    with Image.open(turned.path) as one, Image.open(upright.path) as other:
        assert one.size == (240, 320)
        assert np.array_equal(np.asarray(one), np.asarray(other))
