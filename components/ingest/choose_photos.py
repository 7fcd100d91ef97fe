"""Classify the files of a capture by name: photos, masks, videos, unsupported images, and all others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from components.ingest.match_masks import is_mask
from components.ingest.read_transforms import TRANSFORMS_FILES
from components.ingest.safe_names import DistinctNames, safe_name
from components.ingest.source_file import SourceFile
from components.shared.contracts.capture import CaptureImage, ImageVerdict

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".tif", ".tiff", ".bmp", ".webp"}
    | {".heic", ".heif", ".hif", ".avif"}
)
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi"}
    | {".mts", ".m2ts", ".ts", ".3gp", ".3g2", ".mpg", ".mpeg", ".wmv", ".mxf", ".flv", ".ogv", ".dv"}
)
RAW_SUFFIXES = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".iiq", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw"}
    | {".rw2", ".rwl", ".srw", ".x3f"}
)
UNSUPPORTED_SUFFIXES = frozenset(
    {".gif", ".jp2", ".jxl", ".psd", ".svg", ".ai", ".eps", ".exr", ".hdr", ".insp", ".insv", ".360"}
)
_POINT_CLOUDS = frozenset(
    {"sparse_pc.ply", "sparse_points.ply", "points.ply", "pointcloud.ply", "points3d.ply"}
)
"""Names of the points that `transforms.json` may name; other plys may be scenes of gigabytes."""
_SYSTEM_FOLDERS = ("__MACOSX", "lost+found")


@dataclass(slots=True)
class ChosenFiles:
    """The files of a capture by kind."""

    photos: list[SourceFile] = field(default_factory=list)
    masks: list[SourceFile] = field(default_factory=list)
    videos: list[SourceFile] = field(default_factory=list)
    """Empty where there are photos."""
    rejected: list[CaptureImage] = field(default_factory=list)
    ignored: int = 0
    """Number of other files."""

    def reject(self, name: str, reason: str) -> None:
        self.rejected.append(CaptureImage(name=name, verdict=ImageVerdict.UNSUPPORTED, reason=reason))


def is_wanted(name: str) -> bool:
    """True if a file of this name is worth fetching."""
    is_read = (
        _suffix(name) in PHOTO_SUFFIXES | VIDEO_SUFFIXES
        or PurePosixPath(name).name in TRANSFORMS_FILES
        or PurePosixPath(name).name.lower() in _POINT_CLOUDS
    )
    return is_read and not is_hidden(name)


def choose_photos(files: list[SourceFile]) -> ChosenFiles:
    """Classify `files`, in order of name. Names of photos become safe (see `safe_name`) and distinct."""
    chosen = ChosenFiles()
    taken = DistinctNames()
    has_photos = any(_suffix(file.name) in PHOTO_SUFFIXES and not is_mask(file.name) for file in files)
    photo_stems = {_stem(file.name) for file in files if _suffix(file.name) in PHOTO_SUFFIXES}
    for file in sorted(files, key=lambda file: file.name):
        suffix = _suffix(file.name)
        if is_hidden(file.name):
            chosen.ignored += 1
        elif suffix in PHOTO_SUFFIXES and has_photos and is_mask(file.name):
            chosen.masks.append(file.renamed(safe_name(file.name)))
        elif suffix in PHOTO_SUFFIXES:
            chosen.photos.append(file.renamed(taken.add(safe_name(file.name))))
        elif _stem(file.name) in photo_stems:
            chosen.ignored += 1  # the raw file or the live video of one of the photos
        elif suffix in VIDEO_SUFFIXES:
            chosen.videos.append(file)
        elif suffix in RAW_SUFFIXES | UNSUPPORTED_SUFFIXES:
            name = taken.add(safe_name(file.name))
            chosen.reject(name, f"{suffix} files cannot be read; export it as JPEG")
        else:
            chosen.ignored += 1
    if chosen.photos:
        for video in chosen.videos:
            name = taken.add(safe_name(video.name))
            chosen.reject(name, "a video among photos is not used; it can be a capture of its own")
        chosen.videos = []
    return chosen


def is_hidden(name: str) -> bool:
    """Whether a file is hidden or belongs to the system: `__MACOSX/._a.jpg`, `$RECYCLE.BIN`, `lost+found`."""
    return any(part.startswith((".", "$")) or part in _SYSTEM_FOLDERS for part in name.split("/"))


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))
