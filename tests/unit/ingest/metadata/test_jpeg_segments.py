import io

import numpy as np
import pytest
from PIL import Image

from components.ingest.metadata.jpeg_segments import first_picture, is_common_jpeg, uncommon_coding
from tests.unit.ingest.samples import textured_image


def encoded(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=90, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_the_first_picture_is_cut_out_without_encoding_it_again(progressive):
    image, second = textured_image(1), textured_image(2, 80, 60)
    options = {"progressive": progressive, "restart_marker_blocks": 3}
    data = encoded(image, "MPO", save_all=True, append_images=[second], **options)
    first = first_picture(data)
    assert len(first) < len(data) - 1000
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(first)) as after:
        assert (before.format, after.format) == ("MPO", "JPEG")
        np.testing.assert_array_equal(np.asarray(before), np.asarray(after))


def test_a_file_without_an_end_has_no_first_picture():
    data = encoded(textured_image(1), "MPO", save_all=True, append_images=[textured_image(2)])
    assert first_picture(data[:3000]) is None
    assert first_picture(b"") is None


@pytest.mark.parametrize(
    ("marker", "bits", "is_common", "coding"),
    [
        (0xC0, 8, True, ""),
        (0xC2, 8, True, ""),
        (0xC1, 12, False, "12-bit"),
        (0xC3, 8, False, "lossless"),
        (0xC9, 8, False, ""),  # arithmetic codes, which Pillow reads and others do not
    ],
)
def test_codings_that_not_all_programs_read(marker, bits, is_common, coding):
    data = encoded(textured_image(1))
    frame = b"\xff" + bytes([marker]) + b"\0\x11" + bytes([bits])
    data = data.replace(b"\xff\xc0\0\x11\x08", frame)
    assert (is_common_jpeg(data), uncommon_coding(data)) == (is_common, coding)
