"""The last resort: exceptions as libraries and the system raise them -> type, status, retry, message."""

import concurrent.futures
import errno
import gzip
import http.client
import io
import json
import lzma
import os
import pickle
import socket
import ssl
import struct
import subprocess
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
import torch
import urllib3
import yaml
from minio.error import S3Error
from PIL import Image

from components.shared.errors import as_kubesplat_error, says_nothing_of_data
from components.shared.foreign_errors import PATH_REMEDIES, STORAGE_REMEDIES

DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EUCLEAN, errno.ENXIO, errno.ENODEV}
"""Numbers that tell of a disk or a device."""


def caught(action):
    with pytest.raises(Exception) as error:  # noqa: PT011, each raises another type
        action()
    return error.value


def png():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (10, 200, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def bomb():
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, 100
    try:
        Image.open(io.BytesIO(png()))
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def seek_before_the_start():
    with Path(__file__).open("rb") as file:
        file.seek(-1)


def certificate():
    raise ssl.SSLCertVerificationError(1, "certificate verify failed")


def raising(error):
    def action():
        raise error

    return action


INPUT, STORAGE, MEMORY = ("InputError", 3, False), ("StorageError", 5, True), ("OutOfMemoryError", 5, True)
LOST, INTERNAL = ("StageLostError", 5, True), ("InternalError", 5, False)
TABLE = {
    "photo that is none": (lambda: Image.open(io.BytesIO(b"no photo")), INPUT, "cannot identify"),
    "photo cut off": (lambda: Image.open(io.BytesIO(png()[:60])).load(), INPUT, "damaged"),
    "photo of too many pixels": (bomb, INPUT, "decompression bomb"),
    "photo at an impossible position": (seek_before_the_start, INPUT, "Invalid argument"),
    "zip that is none": (lambda: zipfile.ZipFile(io.BytesIO(b"x")), INPUT, "not a zip"),
    "tar that is none": (
        lambda: tarfile.TarFile(fileobj=io.BytesIO(b"x" * 600)),
        INPUT,
        "invalid header",
    ),
    "gzip that is none": (lambda: gzip.decompress(b"no gzip at all"), INPUT, "Not a gzipped file"),
    "deflate": (lambda: zlib.decompress(b"x"), INPUT, "while decompressing"),
    "xz": (lambda: lzma.decompress(b"no xz at all"), INPUT, "not supported"),
    "film that is none": (lambda: av.open(io.BytesIO(b"no film" * 99)), INPUT, "Invalid data"),
    "film that is missing": (lambda: av.open("/none.mp4"), INPUT, "/none.mp4"),
    "JSON": (lambda: json.loads("{"), INPUT, "Expecting property name"),
    "YAML": (lambda: yaml.safe_load("a: [b"), INPUT, "flow sequence"),
    "text": (lambda: b"\xff".decode(), INPUT, "can't decode byte"),
    "struct": (lambda: struct.unpack("<I", b"x"), INPUT, "requires a buffer"),
    "a missing file": (lambda: Path("/none/a").read_bytes(), INPUT, "No such file or directory (/none/a)"),
    "a folder": (lambda: Path("/").read_bytes(), INPUT, "Is a directory (/)"),
    "a file as a folder": (lambda: Path(__file__, "a").read_bytes(), INPUT, "Not a directory"),
    "a long name": (lambda: Path("/" + "a" * 300).read_bytes(), INPUT, "File name too long"),
    "a full disk": (lambda: Path("/dev/full").write_bytes(b"x"), STORAGE, "No space left"),
    "nobody listens": (lambda: socket.create_connection(("127.0.0.1", 9), 1), STORAGE, "refused"),
    "unknown host": (raising(socket.gaierror(-2, "Name or service not known")), STORAGE, "Name or service"),
    "no answer in time": (raising(TimeoutError("timed out")), STORAGE, "timed out"),
    "certificate": (certificate, STORAGE, "certificate verify failed"),
    "cut connection": (raising(http.client.IncompleteRead(b"x", 9)), STORAGE, "IncompleteRead"),
    "reset connection": (raising(ConnectionResetError(104, "Connection reset by peer")), STORAGE, "reset"),
    "URL": (lambda: urllib.request.urlopen("http://127.0.0.1:9", timeout=1), STORAGE, "refused"),
    "urllib3": (lambda: urllib3.request("GET", "http://127.0.0.1:9", retries=False), STORAGE, "refused"),
    "minio": (raising(S3Error(None, "SlowDown", "slow", "/a", "id", "host")), STORAGE, "SlowDown"),
    "broken pipe": (raising(BrokenPipeError(errno.EPIPE, "Broken pipe")), LOST, "broken pipe"),
    "memory": (raising(MemoryError()), MEMORY, "memory ran out"),
    "memory, errno": (raising(OSError(errno.ENOMEM, "Cannot allocate memory")), MEMORY, "memory ran out"),
    "memory, numpy": (lambda: np.zeros((1 << 40, 1 << 10)), MEMORY, "Unable to allocate"),
    "memory, torch": (lambda: torch.empty(1 << 50), MEMORY, "DefaultCPUAllocator"),
    "memory, CUDA": (raising(torch.OutOfMemoryError("CUDA out of memory.")), MEMORY, "CUDA"),
    "memory, cuBLAS": (raising(RuntimeError("CUBLAS_STATUS_ALLOC_FAILED")), MEMORY, "ALLOC_FAILED"),
    "memory, COLMAP": (raising(RuntimeError("std::bad_alloc")), MEMORY, "bad_alloc"),
    "wrong key": (raising(KeyError("name")), INTERNAL, "KeyError: 'name'"),
    "COLMAP's check": (raising(RuntimeError("Check failed: x")), INTERNAL, "Check failed"),
    "pickle": (lambda: pickle.loads(b"x"), INTERNAL, "UnpicklingError"),
    "endless recursion": (raising(RecursionError("maximum depth")), INTERNAL, "RecursionError"),
    "child": (lambda: subprocess.run(["false"], check=True), INTERNAL, "non-zero exit status 1"),
    "lost worker": (raising(concurrent.futures.BrokenExecutor("ended")), INTERNAL, "BrokenExecutor"),
    "unknown number": (
        raising(OSError(errno.ENOSYS, "Function not implemented")),
        INTERNAL,
        "not implemented",
    ),
    "Ctrl-C": (raising(KeyboardInterrupt()), INTERNAL, "KeyboardInterrupt"),
}


@pytest.mark.parametrize("case", TABLE)
def test_every_exception_has_its_type_and_status(case):
    action, expected, words = TABLE[case]
    with pytest.raises(BaseException) as raised:  # noqa: PT011
        action()
    error = as_kubesplat_error(raised.value)
    assert (type(error).__name__, error.exit_code, error.retryable) == expected
    assert words in error.message
    assert error.remedy.endswith(".")
    assert error.is_final is not error.retryable
    number = raised.value.errno if isinstance(raised.value, OSError) else None
    assert "disk" not in error.remedy or number in DISK


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_a_disk_is_named_only_where_the_number_says_so(number):
    error = as_kubesplat_error(OSError(number, os.strerror(number), "/a/file"))
    assert ("disk" in error.remedy) == (number in DISK)
    named = number in STORAGE_REMEDIES or number in PATH_REMEDIES
    assert ("/a/file" in error.message) >= named
    assert error.retryable == (type(error).__name__ in ("StorageError", "StageLostError", "OutOfMemoryError"))


def test_no_number_is_of_storage_and_of_a_path():
    assert not STORAGE_REMEDIES.keys() & PATH_REMEDIES.keys()


def test_a_decoder_that_could_not_read_says_nothing_of_the_data():
    assert says_nothing_of_data(OSError(errno.EIO, "Input/output error"))
    assert says_nothing_of_data(MemoryError())
    assert not says_nothing_of_data(OSError("broken data stream when reading image file"))
    assert not says_nothing_of_data(OSError(errno.EINVAL, "Invalid argument"))
    assert not says_nothing_of_data(caught(lambda: Image.open(io.BytesIO(b"x"))))
    assert not says_nothing_of_data(ZeroDivisionError())
