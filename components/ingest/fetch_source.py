"""From where a capture is to files on this disk."""

from __future__ import annotations

from pathlib import Path

from components.ingest.allowance import Allowance
from components.ingest.choose_photos import PHOTO_SUFFIXES, VIDEO_SUFFIXES, is_wanted
from components.ingest.list_source import KINDS, list_source, walk_folder
from components.ingest.records import SourceFile
from components.ingest.settings import IngestSettings
from components.ingest.unpack_tar import unpack_tar
from components.ingest.unpack_zip import unpack_zip
from components.shared.errors import InputError
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress, within
from components.shared.storage import Storage

_DOWNLOAD_THREADS = 8
_ZIP_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP_BEGINNING = b"\x1f\x8b"


def fetch_source(
    source: str, scratch: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """List a folder's files in place; unpack or download anything else into `scratch`.

    Raises:
        InputError: nothing is there, or it is unsafe, damaged, too much, or nothing that holds photos.
    """
    if source.startswith("s3://"):
        return _fetch_s3(source, scratch, settings, on_progress)
    path = Path(source.removeprefix("file://")).expanduser()
    if not path.exists():
        raise InputError(f"{source} does not exist", remedy=f"Check the path: a capture is {KINDS}.")
    if path.is_dir():
        return _list_folder(path, settings)
    return _open_file(path, path.name, scratch, settings, on_progress)


def _list_folder(folder: Path, settings: IngestSettings) -> list[SourceFile]:
    allowance = Allowance(str(folder), settings)
    files = []
    for path in walk_folder(folder):
        allowance.add_file()
        files.append(SourceFile(path.relative_to(folder).as_posix(), path))
    return files


def _open_file(
    path: Path, name: str, scratch: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """By content first: names of archives lie more often than their first bytes."""
    suffix = Path(name).suffix.lower()
    with path.open("rb") as file:
        beginning = file.read(512)
    if beginning.startswith(_ZIP_BEGINNINGS):
        return unpack_zip(path, name, scratch, settings, on_progress)
    if beginning.startswith(_GZIP_BEGINNING) or beginning[257:262] == b"ustar" or suffix == ".tar":
        return unpack_tar(path, name, scratch, settings, on_progress)
    if suffix in VIDEO_SUFFIXES:
        return [SourceFile(name, path)]
    if suffix in PHOTO_SUFFIXES:
        raise InputError(f"{name} is a single photo", remedy="Give the folder that holds all photos.")
    raise InputError(
        f"{name} is no archive that can be read, or it is damaged", remedy=f"A capture is {KINDS}."
    )


def _fetch_s3(
    source: str, scratch: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    listing = list_source(source)
    names = [file.name for file in listing.files]
    if not listing.is_one_file:
        return _download(listing.storage, names, source, scratch, settings, on_progress)
    (name,) = names
    on_progress(Progress("download", 0.0, name))
    downloaded = scratch / "source"
    listing.storage.get_file(name, downloaded)
    files = _open_file(downloaded, name, scratch, settings, within(on_progress, 0.5, 1.0))
    if all(file.path != downloaded for file in files):
        downloaded.unlink()  # unpacked: the disk need not hold it twice
    return files


def _download(
    storage: Storage,
    names: list[str],
    source: str,
    scratch: Path,
    settings: IngestSettings,
    on_progress: OnProgress,
) -> list[SourceFile]:
    allowance = Allowance(source, settings)
    for _ in names:
        allowance.add_file()
    files = [
        SourceFile(name, scratch / f"{index:06d}" if is_wanted(name) else None)
        for index, name in enumerate(names)
    ]
    wanted = [(file.name, file.path) for file in files if file.path is not None]
    for done, ((_, path), _) in enumerate(
        completed(lambda item: storage.get_file(*item), wanted, threads=_DOWNLOAD_THREADS, name="download"), 1
    ):
        allowance.add_bytes(path.stat().st_size)
        on_progress(Progress("download", done / len(wanted), f"{done} of {len(wanted)} files"))
    return files
