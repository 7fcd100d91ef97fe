"""Leave out images that lie beside the photos of a capture and are none of its photos."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from components.ingest.source.match_masks import may_hold_masks
from components.ingest.source.position_files import may_hold_positions
from components.ingest.source.source_file import SourceFile
from components.shared import run_layout

_IMAGES = re.compile(r"(?i)(images?|photos?|rgb|colou?rs?|input)$")
_MAPS = re.compile(
    r"(?i)(depth|normal|segmentation|semantic|instance|disparity|confidence|albedo|(optical_?)?flow)s?"
    r"([_-]?(map|image|img|mask|label)s?)?([_-](\d+|vis\w*|png|anything\w*|pro))?$"
)
_COPIES = re.compile(r"(?i)(dense|undistorted\w*|corrected_images)$")
_UNDISTORTED = re.compile(r"images(_\d+)?$")
"""Beside `input` and `distorted`, as the scripts of 3D Gaussian splatting leave them."""
_PREVIEWS = re.compile(r"(?i)(thumbs?|thumbnails?|previews?|prox(y|ies))$")
_KINDS = {
    "maps": "depth, normals or labels, and no photos",
    "copies": "undistorted copies of the photos",
    "previews": "small copies of the photos",
    "masks": "masks, it seems; call it masks if white marks what to use",
}
_RESULTS = frozenset(
    {run_layout.SCENE_SOG, run_layout.VIEWER, run_layout.REPORT_PAGE, run_layout.REPORT_JSON}
)
_RESULT_NOTE = "Pictures among the results of an earlier run were left out"
_RESULT_IMAGES = (run_layout.THUMBNAIL, run_layout.FLYTHROUGH)


def leave_out(files: Iterable[SourceFile]) -> tuple[list[SourceFile], list[str]]:
    """The files that may be photos, masks or videos, and notes on those left out.

    Left out are folders of depth, normals, labels, thumbnails and undistorted copies that lie beside a folder
    `images` (`rgb`, `input`, …), folders like `sam_masks`, and the pictures among the results of an earlier
    run. A capture of nothing else is used as it is.
    """
    files = list(files)
    folders = {folder for file in files for folder in PurePosixPath(file.name).parents}
    results = _folders_of_results(files)
    kept, left = [], defaultdict[str, list[str]](list)
    for file in files:
        path = PurePosixPath(file.name)
        folder, kind = _left_out_folder(path, folders)
        if path.name in _RESULT_IMAGES and path.parent in results:
            left[_RESULT_NOTE].append(file.name)
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


def _left_out_folder(path: PurePosixPath, folders: set[PurePosixPath]) -> tuple[PurePosixPath | None, str]:
    """The outermost folder of `path` that holds no photos beside one that does, and its kind."""
    for folder in reversed(path.parents[:-1]):
        if may_hold_masks(folder.name):
            return folder, "masks"
        beside = [other.name for other in folders if other.parent == folder.parent]
        if "distorted" in beside and "input" in beside and _UNDISTORTED.match(folder.name):
            return folder, "copies"
        if any(_IMAGES.match(name) for name in beside):
            for kind, pattern in (("maps", _MAPS), ("copies", _COPIES), ("previews", _PREVIEWS)):
                if pattern.match(folder.name):
                    return folder, kind
    return None, ""
