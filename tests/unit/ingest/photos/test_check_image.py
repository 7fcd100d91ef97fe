import errno
import re
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from components.ingest.photos import normalize_image
from components.shared.errors import StorageError
from tests.unit.ingest.image_files import png_bytes, tiff_bytes
from tests.unit.ingest.samples import textured_image


def test_text_named_jpg(photos, judge):
    (photos / "x.jpg").write_text("These are my holidays.\n" * 100)
    assert judge("x.jpg") == ("not an image", "its content is not an image, in spite of its name")


def test_an_empty_file(photos, judge):
    (photos / "x.jpg").touch()
    assert judge("x.jpg") == ("not an image", "the file is empty")


@pytest.mark.parametrize("part", [0.02, 0.5, 0.99])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_truncated_jpeg(photos, judge, part, progressive):
    textured_image(9, 1920, 1440).save(photos / "x.jpg", progressive=progressive)
    data = (photos / "x.jpg").read_bytes()
    (photos / "x.jpg").write_bytes(data[: int(len(data) * part)])
    assert judge("x.jpg")[0] == "truncated"


def test_a_jpeg_that_lacks_its_last_two_bytes(photos, judge):
    data = (photos / "a.jpg").read_bytes()
    (photos / "x.jpg").write_bytes(data[:-2])
    assert judge("x.jpg")[0] == "truncated"


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_whose_data_end_before_its_end_mark(photos, judge, progressive):
    textured_image(9, 1920, 1440).save(photos / "x.jpg", progressive=progressive)
    data = (photos / "x.jpg").read_bytes()
    part = 0.02 if progressive else 0.5
    (photos / "x.jpg").write_bytes(data[: int(len(data) * part)] + b"\xff\xd9")
    verdict, reason = judge("x.jpg")
    assert verdict == "truncated"
    assert re.match(r"its data end early: the lower [4-9]\d% is missing, and gray", reason)


def test_a_jpeg_that_ends_in_gray_is_complete(photos, judge):
    picture = textured_image(9)
    picture.paste((128, 128, 128), (0, 120, 320, 240))
    picture.save(photos / "x.jpg")
    assert judge("x.jpg")[0] == "accepted"


@pytest.mark.parametrize("kind", ["png", "tif", "bmp"])
def test_other_truncated_formats(photos, judge, kind):
    textured_image(9).save(photos / f"x.{kind}")
    data = (photos / f"x.{kind}").read_bytes()
    (photos / f"x.{kind}").write_bytes(data[: len(data) // 2])
    assert judge(f"x.{kind}")[0] == "truncated"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["heic", "webp", "avif"])
def test_truncated_formats_whose_readers_do_not_say_why(photos, judge, kind):
    pillow_heif.register_heif_opener()
    textured_image(9).save(photos / f"x.{kind}")
    data = (photos / f"x.{kind}").read_bytes()
    (photos / f"x.{kind}").write_bytes(data[: len(data) // 2])
    assert judge(f"x.{kind}")[0] in ("corrupt", "truncated")


def test_a_download_padded_with_noise(photos, judge):
    data = (photos / "a.jpg").read_bytes()
    half = len(data) // 2
    (photos / "x.jpg").write_bytes(data[:half] + np.random.default_rng(0).bytes(half))
    assert judge("x.jpg")[0] in ("corrupt", "truncated")


def test_a_png_with_a_flipped_bit(photos, judge):
    textured_image(9).save(photos / "x.png")
    data = bytearray((photos / "x.png").read_bytes())
    data[len(data) // 2] ^= 0x10
    (photos / "x.png").write_bytes(data)
    assert judge("x.png")[0] == "corrupt"


def test_a_jpeg_without_a_header(photos, judge):
    (photos / "x.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(5000))
    verdict, reason = judge("x.jpg")
    assert verdict == "corrupt"
    assert "damaged" in reason


def test_a_png_of_20000_by_20000_pixels_is_refused_before_decoding(photos, judge):
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = zlib.compress(bytes(1 + 3 * 20_000))
    (photos / "x.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")
    )
    assert judge("x.png") == (
        "too large",
        "20000 x 20000 are 400 million pixels; the limit is 250",
    )


def test_a_thumbnail(photos, judge):
    textured_image(9, 160, 120).save(photos / "x.jpg")
    assert judge("x.jpg") == (
        "too small",
        "160 x 120 pixels; the shorter side must have 200 or more",
    )


def test_a_link_that_leads_nowhere(photos, judge):
    (photos / "x.jpg").symlink_to(photos / "none")
    assert judge("x.jpg")[0] == "unreadable"


def test_a_photo_with_broken_exif_is_still_a_photo(photos, judge):
    textured_image(9).save(photos / "x.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xee" * 40)
    assert judge("x.jpg")[0] == "accepted"


@pytest.mark.parametrize("mode", ["L", "CMYK", "1"])
def test_colour_modes_of_scanners_and_printers(photos, judge, mode):
    textured_image(9).convert(mode).save(photos / "x.tif")
    assert judge("x.tif")[0] == "accepted"


def test_sixteen_bits_per_channel(photos, run):
    gray = np.asarray(textured_image(9).convert("L"))
    Image.fromarray(gray).save(photos / "eight.png")
    Image.fromarray(gray.astype(np.uint16) * 257).save(photos / "sixteen.png")
    images = {image["name"]: image for image in run(photos)["images"]}
    assert images["sixteen.png"]["verdict"] == "duplicate"
    assert images["sixteen.png"]["changes"] == ["16 bits to 8"]
    assert images["sixteen.png"]["sharpness"] == pytest.approx(images["eight.png"]["sharpness"], rel=1e-3)


def test_a_png_named_jpg_is_a_photo(photos, judge):
    textured_image(9).save(photos / "x.jpg", "PNG")
    assert judge("x.jpg")[0] == "accepted"


@pytest.mark.parametrize(
    ("kind", "what"), [("GIF", "a GIF"), ("JPEG2000", "a JPEG 2000 file"), ("PDF", "a PDF")]
)
def test_other_formats_are_named(photos, judge, kind, what):
    textured_image(9).save(photos / "x.jpg", kind)
    assert judge("x.jpg") == ("unsupported", f"it is {what}, which cannot be read; export it as JPEG")


@pytest.mark.parametrize(
    ("start", "what"), [(b"II\xbc\x01", "a JPEG XR file"), (b"qoif\0\0\1\0", "a QOI file")]
)
def test_formats_that_pillow_does_not_write_are_named(photos, judge, start, what):
    (photos / "x.png").write_bytes(start + bytes(100))
    assert judge("x.png") == ("unsupported", f"it is {what}, which cannot be read; export it as JPEG")


@pytest.mark.parametrize(
    ("shape", "kind", "what"),
    [
        ((240, 320, 5), "uint8", "5 channels with 8-bit values"),
        ((240, 320, 3), "float32", "3 channels with floating-point 32-bit values"),
        ((240, 320), "float64", "1 channel with floating-point 64-bit values"),
    ],
)
def test_pixels_that_no_decoder_reads_are_named(photos, judge, shape, kind, what):
    values = np.random.default_rng(0).integers(0, 200, shape).astype(kind)
    (photos / "x.tif").write_bytes(tiff_bytes(values, 1 if len(shape) == 2 or shape[2] == 5 else 2))
    assert judge("x.tif") == (
        "unsupported",
        f"it is a TIFF of {what}, which cannot be read; export it as JPEG",
    )


@pytest.mark.parametrize(
    ("coding", "name"), [(34712, "JPEG 2000"), (34887, "LERC"), (50001, "WebP"), (52546, "JPEG XL")]
)
def test_a_tiff_of_a_compression_that_is_not_read_is_named(photos, judge, coding, name):
    textured_image(9).save(photos / "x.tif", compression="tiff_lzw")
    data = (photos / "x.tif").read_bytes()
    entry = struct.pack("<HHIHH", 259, 3, 1, 5, 0)
    assert entry in data
    (photos / "x.tif").write_bytes(data.replace(entry, struct.pack("<HHIHH", 259, 3, 1, coding, 0)))
    assert judge("x.tif") == (
        "unsupported",
        f"it is a TIFF compressed by {name}, which cannot be read; export it as JPEG",
    )


def test_a_jpeg_of_twelve_bits_is_named(photos, judge):
    data = (photos / "a.jpg").read_bytes()
    (photos / "x.jpg").write_bytes(data.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"))
    assert judge("x.jpg") == ("unsupported", "it is a 12-bit JPEG, which cannot be read; export it as JPEG")


@pytest.mark.parametrize(
    "chunk",
    [
        (b"tEXt", b"no end"),
        (b"zTXt", b"a\0\0" + zlib.compress(bytes(10**7))),
        (b"iCCP", b"a\0\0" + zlib.compress(bytes(10**7))),
        (b"gAMA", b"\0"),
        (b"pHYs", b"\0"),
        (b"sRGB", b""),
        (b"tRNS", b""),
        (b"\xff\xfe\0\0", b""),
    ],
)
def test_damaged_metadata_of_a_png_costs_nothing(photos, entry_of, chunk):
    pixels = np.asarray(textured_image(9))
    (photos / "x.png").write_bytes(png_bytes(pixels, chunk))
    _, path = entry_of("x.png")
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError("broken data stream"),
        OSError(errno.EINVAL, "Invalid argument"),
        Image.DecompressionBombError("bomb"),
        RecursionError("loop"),
        TypeError("odd tag"),
    ],
)
def test_errors_of_a_decoder_are_verdicts(photos, judge, monkeypatch, error):
    textured_image(9).save(photos / "x.bmp")

    def fail(*_):
        raise error

    monkeypatch.setattr(normalize_image, "decode_image", fail)
    assert judge("x.bmp")[0] == "corrupt"


def test_errors_of_the_storage_are_not(photos, run, monkeypatch):
    textured_image(9).save(photos / "x.bmp")

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(normalize_image, "decode_image", fail)
    with pytest.raises(StorageError, match="Input/output error"):
        run(photos)
