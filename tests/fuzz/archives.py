"""Archives of photos: zip, tar and tar.gz."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

from components.ingest.settings import IngestSettings
from components.ingest.source.fetch_source import fetch_source
from components.shared.progress import ignore_progress
from tests.fuzz.target import Target

_SETTINGS = IngestSettings(max_gigabytes=0.01, max_files=100)
_FILES = {"a/1.jpg": b"photo" * 20, "a/2.png": b"", "ü/notes.txt": b"text"}


def _seeds() -> dict[str, bytes]:
    tars = {"tar": _tar(tarfile.GNU_FORMAT), "pax": _tar(tarfile.PAX_FORMAT)}
    return {
        "stored": _zip(zipfile.ZIP_STORED),
        "deflated": _zip(zipfile.ZIP_DEFLATED),
        "bzip2": _zip(zipfile.ZIP_BZIP2),
        "lzma": _zip(zipfile.ZIP_LZMA),
        **tars,
        "gzip": gzip.compress(tars["pax"], mtime=0),
    }


def _zip(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in _FILES.items():
            file.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def _tar(kind: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as file:
        for name, data in _FILES.items():
            member = tarfile.TarInfo(name * (30 if "notes" in name else 1))
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return buffer.getvalue().rstrip(b"\0") + bytes(1536)


def _read(data: bytes, folder: Path) -> None:
    archive, scratch = folder / "photos.zip", folder / "unpacked"
    archive.write_bytes(data)
    scratch.mkdir()
    for file in fetch_source(str(archive), scratch, _SETTINGS, ignore_progress):
        assert file.path is None or file.path.is_relative_to(scratch), file
    assert {path.parent for path in scratch.rglob("*")} <= {scratch}


TARGET = Target(_seeds, _read, 8192)
