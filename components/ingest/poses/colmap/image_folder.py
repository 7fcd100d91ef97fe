"""The folder of the capture that the names of a COLMAP model are relative to; a model does not say it."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from components.ingest.photos.decoder_errors import RejectedError, decoding
from components.ingest.photos.normalize_image import open_photo
from components.ingest.poses.colmap.model import ModelFiles
from components.ingest.poses.match_paths import PathMatcher
from components.ingest.source.source_file import SourceFile

_SMALLER = re.compile(r"images_\d+$")


def find_image_folder(model: ModelFiles, photos: dict[str, SourceFile]) -> str | None:
    """The folder below which most names of the model are photos; None if there is none.

    Of several, as `input`, `images` and `images_4`, that whose photos have the size of the camera, then the
    one nearest to the model. photos: by name in the capture.
    """
    names = [image.name for image in model.images]
    counts = _count_by_folder({name.casefold() for name in names}, photos)
    if not counts:
        return _first_that_matches(names, _folders_above(model.images_name), PathMatcher(photos))
    most = max(counts.values())
    folders = sorted(folder for folder, count in counts.items() if count == most)
    if len(folders) == 1:
        return folders[0]
    by_name = {name.casefold(): file for name, file in photos.items()}
    return min(folders, key=lambda folder: _rank(folder, model, by_name))


def _count_by_folder(names: set[str], photos: Iterable[str]) -> Counter[str]:
    """How many photos each folder holds of `names`, which are paths below it in lower case."""
    counts: Counter[str] = Counter()
    for photo in photos:
        parts = photo.split("/")
        for depth in range(len(parts)):
            if "/".join(parts[depth:]).casefold() in names:
                counts["/".join(parts[:depth])] += 1
    return counts


def _first_that_matches(names: list[str], folders: list[str], photos: PathMatcher) -> str | None:
    """Names of other computers, and those of photos of which there are only smaller copies."""
    return next((folder for folder in folders if any(photos.find(name, folder) for name in names)), None)


def _folders_above(name: str) -> list[str]:
    return ["" if str(folder) == "." else str(folder) for folder in PurePosixPath(name).parents]


def _rank(folder: str, model: ModelFiles, photos: dict[str, SourceFile]) -> tuple[object, ...]:
    """A key that is smallest for the best of several folders that hold the same photos."""
    home = posixpath.dirname(model.images_name).split("/")
    parts = folder.split("/") if folder else []
    common = len(posixpath.commonprefix([home, parts]))
    return (
        not _has_size_of_camera(folder, model, photos),
        -common,
        bool(_SMALLER.search(folder)),
        len(parts),
        folder,
    )


def _has_size_of_camera(folder: str, model: ModelFiles, photos: dict[str, SourceFile]) -> bool:
    """Whether the first photo of the model that is in the folder has the size of its camera."""
    for image in model.images:
        file = photos.get(posixpath.join(folder, image.name).casefold())
        if file is not None and file.path is not None:
            try:
                with decoding(file.path), open_photo(file.path) as opened:
                    return opened.size == model.cameras[image.camera_id].size
            except (RejectedError, OSError):
                return False  # the check of the photos says what is wrong with it
    return False
