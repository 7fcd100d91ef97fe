"""Leave out images that lie beside the photos of a capture and are none of its photos."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from components.ingest.source.match_masks import may_hold_masks
from components.ingest.source.position_files import may_hold_positions
from components.ingest.source.source_file import SourceFile
from components.ingest.source.suffixes import LOSSLESS_SUFFIXES, PHOTO_SUFFIXES, VIDEO_SUFFIXES
from components.shared import run_layout

_IMAGES = re.compile(r"(?i)(images?|photos?|rgb|colou?rs?|input|\w+_wide)$")
_MAPS = re.compile(
    r"(?i)((low|high)res_)?(depth|normal|segmentation|semantic|instance|disparity|confidence|albedo|(optical_?)?flow)s?"
    r"([_-]?(map|image|img|mask|label)s?)?([_-](\d+|vis\w*|png|anything\w*|pro))?$"
)
_WORK = re.compile(r"(?i)(MeshroomCache|odm_\w+|opensfm)$")
_MAP = r"(depth|normals?|disparity|conf(idence)?|segmentation|semantic|instance|albedo|flow)"
_MAP_BEHIND = re.compile(rf"(?i)(.+?)[._-]{_MAP}([._-]?(map|image|vis))?([._-]?\d{{1,4}})?$")
_MAP_BEFORE = re.compile(rf"(?i){_MAP}[._-](?P<rest>.+)$")
_PHOTO_WORDS = ("frame", "image", "img", "photo", "rgb", "color", "colour")
_COPIES = re.compile(r"(?i)(dense|undistorted\w*|corrected_images)$")
_UNDISTORTED = re.compile(r"images(_\d+)?$")
"""Beside `input` and `distorted`, as the scripts of 3D Gaussian splatting leave them."""
_PREVIEWS = re.compile(r"(?i)(thumbs?|thumbnails?|previews?|prox(y|ies))$")
_KINDS = {
    "maps": "depth, normals or labels, and no photos",
    "copies": "undistorted copies of the photos",
    "work": "what another program has made of the photos",
    "previews": "small copies of the photos",
    "masks": "masks, it seems; call it masks if white marks what to use",
}
_RESULTS = frozenset(
    {run_layout.SCENE_SOG, run_layout.VIEWER, run_layout.REPORT_PAGE, run_layout.REPORT_JSON}
)
_MAPS_NOTE = "Pictures of depth, normals or labels, called like photos beside them, were left out"
_RESULT_NOTE = "Pictures among the results of an earlier run were left out"
_RESULT_IMAGES = (run_layout.THUMBNAIL, run_layout.FLYTHROUGH)


def leave_out(files: Iterable[SourceFile]) -> tuple[list[SourceFile], list[str]]:
    """The files that may be photos, masks or videos, and notes on those left out.

    Left out are folders of depth, normals, labels, thumbnails and undistorted copies that lie beside a folder
    `images` (`rgb`, `input`, …) or a film, pictures called like a photo beside them (`a_depth.png`), folders
    like `sam_masks` and of other programs, and the pictures among the results of an earlier run. A capture of
    nothing else is used as it is.
    """
    files = list(files)
    paths = [PurePosixPath(file.name) for file in files]
    folders = {folder for path in paths for folder in path.parents}
    with_film = {path.parent for path in paths if path.suffix.lower() in VIDEO_SUFFIXES}
    stems = {path.with_suffix("") for path in paths if path.suffix.lower() in PHOTO_SUFFIXES}
    stems = {PurePosixPath(str(stem).casefold()) for stem in stems}
    results = _folders_of_results(files)
    kept, left = [], defaultdict[str, list[str]](list)
    for file in files:
        path = PurePosixPath(file.name)
        folder, kind = _left_out_folder(path, folders, with_film)
        if path.name in _RESULT_IMAGES and path.parent in results:
            left[_RESULT_NOTE].append(file.name)
        elif path.suffix.lower() in LOSSLESS_SUFFIXES and _is_map_of_a_photo(path, stems):
            left[_MAPS_NOTE].append(file.name)
        elif folder is not None:
            left[f"{folder}/ was left out: it holds {_KINDS[kind]}"].append(file.name)
        else:
            kept.append(file)
    notes = [f"{note} ({len(names)} files)." for note, names in left.items()]
    return (kept, notes) if _has_images(kept) else (files, [])


def _has_images(files: list[SourceFile]) -> bool:
    """Whether files remain that ingest reads."""
    return any(file.path is not None and not may_hold_positions(file.name) for file in files)


def _folders_of_results(files: list[SourceFile]) -> set[PurePosixPath]:
    return {path.parent for file in files if (path := PurePosixPath(file.name)).name in _RESULTS}


def _is_map_of_a_photo(path: PurePosixPath, stems: set[PurePosixPath]) -> bool:
    """Whether a picture is called like a photo in its folder, with the kind of a map before or behind it.

    stems: of all pictures, in lower case.
    """
    name = path.stem.casefold()
    behind, before = _MAP_BEHIND.match(name), _MAP_BEFORE.match(name)
    rest = behind[1] if behind else before["rest"] if before else ""
    pairs = [pair for word in _PHOTO_WORDS for pair in ((word, rest), (rest, word))]
    photos = {rest, *(separator.join(pair) for pair in pairs for separator in "._-")} - {name}
    folder = PurePosixPath(str(path.parent).casefold())
    return bool(rest) and any(folder / photo in stems for photo in photos)


def _left_out_folder(
    path: PurePosixPath, folders: set[PurePosixPath], with_film: set[PurePosixPath]
) -> tuple[PurePosixPath | None, str]:
    """The outermost folder of `path` that holds no photos beside one that does, or a film, and its kind."""
    for folder in reversed(path.parents[:-1]):
        if may_hold_masks(folder.name):
            return folder, "masks"
        if _WORK.match(folder.name):
            return folder, "work"
        if folder.parent in with_film and _MAPS.match(folder.name):
            return folder, "maps"
        beside = [other.name for other in folders if other.parent == folder.parent]
        if "distorted" in beside and "input" in beside and _UNDISTORTED.match(folder.name):
            return folder, "copies"
        if any(_IMAGES.match(name) for name in beside):
            for kind, pattern in (("maps", _MAPS), ("copies", _COPIES), ("previews", _PREVIEWS)):
                if pattern.match(folder.name):
                    return folder, kind
    return None, ""
