"""Fetch a capture: list a folder, unpack an archive, download from S3."""

from __future__ import annotations

from pathlib import Path

from components.ingest.settings import IngestSettings
from components.ingest.source.choose_photos import is_wanted
from components.ingest.source.identify_archive import ArchiveKind, film_suffix, identify_archive
from components.ingest.source.list_source import SOURCES, list_source, walk_folder
from components.ingest.source.size_limits import SizeLimits
from components.ingest.source.source_file import SourceFile
from components.ingest.source.suffixes import (
    PHOTO_SUFFIXES,
    RAW_SUFFIXES,
    UNSUPPORTED_SUFFIXES,
    VIDEO_SUFFIXES,
)
from components.ingest.source.unpack_tar import unpack_tar
from components.ingest.source.unpack_zip import unpack_zip
from components.shared.errors import InputError
from components.shared.file_kinds import LFS, UNKNOWN, WEB_PAGE, kind_of_file
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress, within
from components.shared.storage import Storage, is_s3, local_path

_DOWNLOAD_THREADS = 8


def fetch_source(
    source: str, scratch: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """List a folder's files in place; unpack or download anything else into `scratch`.

    Raises:
        InputError: the source does not exist, cannot be read, is unsafe, or is above a limit of `settings`.
    """
    if is_s3(source):
        return _fetch_s3(source, scratch, settings, on_progress)
    path = local_path(source)
    if not path.exists():
        raise InputError(f"{source} does not exist", remedy=f"Check the path: a capture is {SOURCES}.")
    if path.is_dir():
        return _list_folder(path, settings)
    if not path.is_file():
        raise InputError(
            f"{source} is a pipe or a device, and no file",
            remedy=f"Save it to a file first: a capture is {SOURCES}.",
        )
    return _open_file(path, path.name, scratch, settings, on_progress)


def _list_folder(folder: Path, settings: IngestSettings) -> list[SourceFile]:
    limits = SizeLimits(str(folder), settings)
    files = []
    for path in walk_folder(folder):
        limits.add_file()
        files.append(SourceFile(path.relative_to(folder).as_posix(), path))
    return files


def _open_file(
    path: Path, name: str, scratch: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """Unpack an archive or take a video. The content decides before the suffix, which is more often wrong."""
    kind = identify_archive(path, name)
    if kind is ArchiveKind.ZIP:
        return unpack_zip(path, name, scratch, settings, on_progress)
    if kind is ArchiveKind.TAR:
        return unpack_tar(path, name, scratch, settings, on_progress)
    suffix = Path(name).suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return [SourceFile(name, path)]
    if suffix in PHOTO_SUFFIXES | RAW_SUFFIXES:
        raise InputError(f"{name} is a single photo", remedy="Give the folder that holds all photos.")
    if suffix in UNSUPPORTED_SUFFIXES:
        raise InputError(
            f"{name}: {suffix} files cannot be read",
            remedy="Export it by the camera maker's program or another: photos as JPEG, a film as .mp4.",
        )
    if film := film_suffix(path):
        return [SourceFile(name + film, path)]
    raise _foreign_error(path, name)


def _foreign_error(path: Path, name: str) -> InputError:
    """The error for a file that is no capture: what it is, if that is known."""
    kind = kind_of_file(path)
    if kind in (WEB_PAGE, LFS):
        return InputError(f"{name} is {kind.name}", remedy=kind.remedy)
    what = "not an archive that can be read, or it is damaged" if kind is UNKNOWN else kind.name
    return InputError(f"{name} is {what}", remedy=f"A capture is {SOURCES}.")


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
        downloaded.unlink()  # it is unpacked; keeping both would need the disk twice
    return files


def _download(
    storage: Storage,
    names: list[str],
    source: str,
    scratch: Path,
    settings: IngestSettings,
    on_progress: OnProgress,
) -> list[SourceFile]:
    limits = SizeLimits(source, settings)
    for _ in names:
        limits.add_file()
    files = [
        SourceFile(name, scratch / f"{index:06d}" if is_wanted(name) else None)
        for index, name in enumerate(names)
    ]
    wanted = [(file.name, file.path) for file in files if file.path is not None]
    for done, ((_, path), _) in enumerate(
        completed(lambda item: storage.get_file(*item), wanted, threads=_DOWNLOAD_THREADS, name="download"), 1
    ):
        limits.add_bytes(path.stat().st_size)
        on_progress(Progress("download", done / len(wanted), f"{done} of {len(wanted)} files"))
    return files
