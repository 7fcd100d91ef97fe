"""Files of other kinds are named for what they are, whatever their names."""

import gzip
import io
import struct
import tarfile

import numpy as np
import pytest
from PIL import Image

from components.shared.errors import InputError
from components.shared.ply.read_ply import read_ply


def picture(form: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, form)
    return file.getvalue()


def splat_records(count: int) -> bytes:
    rng = np.random.default_rng(0)
    records = np.zeros(count, [("floats", "<f4", 6), ("color", "u1", 4), ("rotation", "u1", 4)])
    records["floats"] = rng.uniform(0.01, 1, (count, 6))
    quats = rng.normal(size=(count, 4))
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    records["rotation"] = np.clip(quats * 128 + 128, 0, 255)
    return records.tobytes()


def tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("scene.ply"))
    return file.getvalue()


KSPLAT = struct.pack("<BBH4IH", 0, 1, 0, 1, 1, 100, 100, 1).ljust(4096 + 1024, b"\0")
FILES = {
    "empty": (b"", "an empty file"),
    "page": (b"\n<!DOCTYPE html><html>404", "a web page or the error message of a server"),
    "s3_error": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "a web page or the error"),
    "spz": (gzip.compress(b"NGSP" + bytes(12)), "an SPZ file"),
    "spz_4": (b"NGSP" + bytes(28), "an SPZ file"),
    "splat": (splat_records(300), "a .splat file"),
    "ksplat": (KSPLAT, "a .ksplat file"),
    "glb": (b"glTF" + bytes(16), "a glTF file"),
    "gzip_ply": (gzip.compress(b"ply\nformat ascii 1.0\n"), "a ply compressed by gzip"),
    "gzip": (gzip.compress(b"text"), "a file compressed by gzip"),
    "gzip_damaged": (b"\x1f\x8b\x08" + bytes(40), "a file compressed by gzip"),
    "tar": (tar(), "a tar archive"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a placeholder of Git LFS"),
    "jpeg": (picture("JPEG"), "a JPEG photo"),
    "png": (picture("PNG"), "a PNG picture"),
    "webp": (picture("WEBP"), "a WebP picture"),
    "video": (b"\0\0\0\x18ftypmp42" + bytes(40), "a video or HEIC photo"),
    "zip": (b"PK\3\4" + bytes(40), "a zip archive"),
    "json": (b'{"asset": {}}', "a JSON file"),
    "las": (b"LASF" + bytes(400), "a LAS point cloud"),
    "text": (b"1 2 3\n4 5 6\n", "no scene of a known format"),
    "bytes": (bytes(range(256)) * 40, "no scene of a known format"),
    "one_byte": (b"p", "no scene of a known format"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_named_ply_is_named_for_what_it_is(tmp_path, name):
    data, kind = FILES[name]
    (tmp_path / "scene.ply").write_bytes(data)
    with pytest.raises(InputError, match=rf"scene\.ply is {kind}") as caught:
        read_ply(tmp_path / "scene.ply")
    assert caught.value.remedy


@pytest.mark.parametrize("suffix", ["spz", "splat", "ksplat"])
def test_formats_without_marks_are_known_by_their_suffix(tmp_path, suffix):
    path = tmp_path / f"scene.{suffix}"
    path.write_bytes(bytes(320))
    with pytest.raises(InputError, match=f"is an? (SPZ|.{suffix}) file") as caught:
        read_ply(path)
    assert "convert" in caught.value.remedy.lower()
