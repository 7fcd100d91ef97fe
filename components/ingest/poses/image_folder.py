"""The folder of the capture that names of photos are relative to, where a file of poses does not say it."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from components.ingest.photos.decoder_errors import RejectedError, decoding
from components.ingest.photos.normalize_image import open_photo
from components.ingest.poses.match_paths import PathMatcher, picture_stem
from components.ingest.source.source_file import SourceFile

_SMALLER = re.compile(r"images_\d+$")
Sizes = Mapping[str, tuple[float, float] | None]
"""Names of photos, and the sizes in pixels that their cameras have, where they are known."""


def find_image_folder(source: str, named: Sizes, photos: dict[str, SourceFile]) -> str | None:
    """The folder below which most of the names are photos, with or without suffix; None if there is none.

    Where no photo has such a name, those count that have it with another suffix.

    Of several, as `input`, `images` and `images_4`, that whose photos have the size of the camera, then the
    one nearest to `source`, the file with the names. photos: by name in the capture.
    """
    counts = _count_by_folder({name.casefold() for name in named}, photos) or _count_by_folder(
        {stem for name in named if (stem := picture_stem(name))}, photos
    )
    if not counts:
        return _first_that_matches(named, _folders_above(source), PathMatcher(photos))
    most = max(counts.values())
    folders = sorted(folder for folder, count in counts.items() if count == most)
    if len(folders) == 1:
        return folders[0]
    by_name = {key: photos[name] for name in photos for key in _spellings(name)}
    return min(folders, key=lambda folder: _rank(folder, source, named, by_name))


def _count_by_folder(names: set[str], photos: Iterable[str]) -> Counter[str]:
    """How many photos each folder holds of `names`, which are paths below it in lower case."""
    counts: Counter[str] = Counter()
    for photo in photos:
        parts = photo.split("/")
        for depth in range(len(parts)):
            if any(key in names for key in _spellings("/".join(parts[depth:]))):
                counts["/".join(parts[:depth])] += 1
    return counts


def _spellings(name: str) -> tuple[str, str]:
    """In lower case, with and without suffix."""
    name = name.casefold()
    return name, posixpath.splitext(name)[0]


def _first_that_matches(names: Iterable[str], folders: list[str], photos: PathMatcher) -> str | None:
    """Names of other computers, and those of photos of which there are only smaller copies."""
    return next((folder for folder in folders if any(photos.find(name, folder) for name in names)), None)


def _folders_above(name: str) -> list[str]:
    return ["" if str(folder) == "." else str(folder) for folder in PurePosixPath(name).parents]


def _rank(folder: str, source: str, named: Sizes, photos: dict[str, SourceFile]) -> tuple[object, ...]:
    """A key that is smallest for the best of several folders that hold the same photos."""
    home = posixpath.dirname(source).split("/")
    parts = folder.split("/") if folder else []
    common = len(posixpath.commonprefix([home, parts]))
    return (
        not _has_size_of_camera(folder, named, photos),
        -common,
        bool(_SMALLER.search(folder)),
        len(parts),
        folder,
    )


def _has_size_of_camera(folder: str, named: Sizes, photos: dict[str, SourceFile]) -> bool:
    """Whether the first named photo that is in the folder has the size of its camera."""
    for name, size in named.items():
        file = photos.get(posixpath.join(folder, name).casefold())
        if file is not None and file.path is not None:
            try:
                with decoding(file.path), open_photo(file.path) as opened:
                    return opened.size == size
            except (RejectedError, OSError):
                return False  # the check of the photos says what is wrong with it
    return False
