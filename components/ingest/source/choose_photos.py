"""Classify the files of a capture by name: photos, masks, videos, unsupported images, and all others."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from components.ingest.source.identify_archive import is_archive_name
from components.ingest.source.left_out import leave_out
from components.ingest.source.match_masks import find_masks
from components.ingest.source.pose_files import COLMAP_FILES, EXPORT_SUFFIXES, POINT_CLOUDS, TRANSFORMS_FILES
from components.ingest.source.position_files import may_hold_positions
from components.ingest.source.safe_names import DistinctNames, safe_name, shown_text
from components.ingest.source.source_file import SourceFile
from components.ingest.source.suffixes import (
    PHOTO_SUFFIXES,
    RAW_FILM_SUFFIXES,
    RAW_SUFFIXES,
    UNSUPPORTED_SUFFIXES,
    VIDEO_SUFFIXES,
)
from components.shared.contracts.capture import CaptureImage, ImageVerdict

VIDEO_AMONG_PHOTOS = "a video among photos is not used; it can be a capture of its own"
_UNFINISHED_SUFFIXES = frozenset(
    {".crdownload", ".part", ".partial", ".filepart", ".download", ".opdownload"}
)
_SYSTEM_FOLDERS = frozenset(
    {"__macosx", "lost+found", "system volume information", "recycler", "picasaoriginals"}
    | {"lightroom previews", "@eadir", "@recycle", "#recycle", "@recently-snapshot", "#snapshot"}
)
_SYSTEM_FOLDER_SUFFIXES = (".lrdata", ".lrcat-data", ".cocatalogdb")
_ICLOUD = re.compile(r"\.(.+)\.icloud$")
"""iCloud's placeholder of a photo that is not on this computer: `.IMG_1.HEIC.icloud`."""


@dataclass(slots=True)
class ChosenFiles:
    """The files of a capture by kind."""

    photos: list[SourceFile] = field(default_factory=list)
    masks: list[SourceFile] = field(default_factory=list)
    videos: list[SourceFile] = field(default_factory=list)
    """Empty where there are photos."""
    live_videos: list[SourceFile] = field(default_factory=list)
    """Called like a photo beside them, as the moving part of a Live Photo is."""
    rejected: list[CaptureImage] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)
    """Names of archives in the capture."""
    notes: list[str] = field(default_factory=list)
    """For the photographer."""
    ignored: int = 0
    """Number of other files."""

    def reject(
        self, name: str, reason: str, verdict: ImageVerdict = ImageVerdict.UNSUPPORTED, original: str = ""
    ) -> None:
        self.rejected.append(CaptureImage(name=name, source_name=original, verdict=verdict, reason=reason))


def is_wanted(name: str) -> bool:
    """True if a file of this name is worth fetching."""
    is_read = (
        _suffix(name) in PHOTO_SUFFIXES | VIDEO_SUFFIXES | EXPORT_SUFFIXES
        or PurePosixPath(name).name in TRANSFORMS_FILES | COLMAP_FILES
        or PurePosixPath(name).name.lower() in POINT_CLOUDS
        or may_hold_positions(name)
    )
    return is_read and not is_hidden(name)


def choose_photos(files: list[SourceFile], *, by_folder: bool = True) -> ChosenFiles:
    """Classify `files`, in order of name. Names of photos become safe (see `safe_name`) and distinct.

    by_folder: leave out folders beside the photos that hold none; not where a file of poses names the photos.
    """
    chosen = ChosenFiles()
    kept, chosen.notes = leave_out(files) if by_folder else (files, [])
    chosen.ignored = len(files) - len(kept)
    images = [file.name for file in kept if _suffix(file.name) in PHOTO_SUFFIXES and not is_hidden(file.name)]
    masks = find_masks(images)
    photo_stems = {_stem(name).casefold() for name in images}
    taken = DistinctNames()
    for file in sorted(kept, key=lambda file: file.name):
        safe = file.renamed(safe_name(file.name))
        reason, verdict = _unusable(file, photo_stems)
        if reason:
            safe = safe.renamed(taken.add(safe.name))
            chosen.reject(safe.name, reason, verdict, safe.original_name)
        elif is_hidden(file.name):
            chosen.ignored += 1
        elif file.name in masks:
            chosen.masks.append(safe)
        elif _suffix(file.name) in PHOTO_SUFFIXES:
            chosen.photos.append(safe.renamed(taken.add(safe.name)))
        elif _suffix(file.name) in VIDEO_SUFFIXES:
            is_live = _stem(file.name).casefold() in photo_stems
            (chosen.live_videos if is_live else chosen.videos).append(file)
            chosen.ignored += is_live
        else:
            chosen.archives += [file.name] if is_archive_name(file.name) else []
            chosen.ignored += 1
    if chosen.photos:
        for video in chosen.videos:
            name = taken.add(safe_name(video.name))
            chosen.reject(name, VIDEO_AMONG_PHOTOS)
        chosen.videos = []
    chosen.notes += _renamed(chosen.photos) + _packed(chosen)
    return chosen


def _unusable(file: SourceFile, photo_stems: set[str]) -> tuple[str, ImageVerdict]:
    """Why a file that could be a photo cannot be used; empty for all others."""
    name = PurePosixPath(file.name)
    placeholder = _ICLOUD.fullmatch(name.name)
    if placeholder and _suffix(placeholder[1]) in PHOTO_SUFFIXES:
        reason = "it is in iCloud and not on this computer; download it, then run again"
        return reason, ImageVerdict.UNREADABLE
    if is_hidden(file.name):
        return "", ImageVerdict.ACCEPTED
    if name.suffix.lower() in _UNFINISHED_SUFFIXES and _suffix(name.stem) in PHOTO_SUFFIXES:
        return "its download was not finished", ImageVerdict.TRUNCATED
    if file.is_link and _suffix(file.name) in PHOTO_SUFFIXES | VIDEO_SUFFIXES:
        return "it is a link, which archives may not hold; pack the photo itself", ImageVerdict.UNSUPPORTED
    twins = {_stem(file.name).casefold(), file.name.casefold()}  # P1.JPG or P1.RW2.JPG beside P1.RW2
    if _suffix(file.name) in RAW_SUFFIXES | UNSUPPORTED_SUFFIXES and not twins & photo_stems:
        kind = "raw " if _suffix(file.name) in RAW_SUFFIXES else ""
        target = "an equirectangular .mp4" if _suffix(file.name) in RAW_FILM_SUFFIXES else "JPEG"
        reason = f"{kind}{_suffix(file.name)} files cannot be read; export it as {target}"
        return reason, ImageVerdict.UNSUPPORTED
    return "", ImageVerdict.ACCEPTED


def _renamed(photos: list[SourceFile]) -> list[str]:
    """A note if photos are called differently than in the source."""
    renamed = [photo for photo in photos if photo.original_name]
    if not renamed:
        return []
    count = "1 photo has" if len(renamed) == 1 else f"{len(renamed)} photos have"
    first = renamed[0]
    return [
        f"{count} another name in the scene, because the own one is too long, taken, or not possible on "
        f"every computer: {shown_text(first.original_name)[-80:]} is {first.name}."
    ]


def _packed(chosen: ChosenFiles) -> list[str]:
    """A note if archives lie beside the photos or the film."""
    if not chosen.archives or not (chosen.photos or chosen.videos):
        return []
    first, count = shown_text(chosen.archives[0]), len(chosen.archives)
    what = f"{first} was" if count == 1 else f"{count} archives, {first} first, were"
    return [f"{what} not unpacked: photos in archives count where the archive is the capture."]


def is_hidden(name: str) -> bool:
    """Whether a file is hidden or belongs to a system or a program: `__MACOSX/._a.jpg`, `$RECYCLE.BIN`."""
    return any(
        part.startswith((".", "$"))
        or part.lower() in _SYSTEM_FOLDERS
        or part.lower().endswith(_SYSTEM_FOLDER_SUFFIXES)
        for part in name.split("/")
    )


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))
