"""Find masks by their names, and match them to photos."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from components.ingest.source.source_file import SourceFile
from components.ingest.source.suffixes import LOSSLESS_SUFFIXES

_MASK_FOLDER = re.compile(r"(?i)_?(images?[_-])?masks?([_-]images?)?$")
_SMALLER_FOLDER = re.compile(r"(?i)masks?_\d+$")
"""Of nerfstudio: copies of `masks` for smaller copies of the photos."""
_OTHER_FOLDER = re.compile(r"(?i)(?!(no|with|without)[ ._-])(.*[ ._-])?masks?([ ._-].*)?$")
"""`sam_masks`, `people_mask`: in some of them white is what to use, in others what to ignore."""
_MASK_START, _MASK_END = re.compile(r"(?i)masks?[ ._-]"), re.compile(r"(?i)[ ._-]masks?$")
_SHARED_STEMS = ("mask", "masks")
PATTERN = "the mask of a.jpg is masks/a.png, masks/a.jpg.png or a_mask.png, that of all photos mask.png"


def is_mask(name: str) -> bool:
    """Whether a file lies in a folder of masks, or is called like one for all photos."""
    return is_shared_mask(name) or any(_is_mask_folder(part) for part in PurePosixPath(name).parts[:-1])


def is_shared_mask(name: str) -> bool:
    """Whether a file is called like a mask for all photos below its folder: `mask.png`, `masks/mask.png`."""
    path = PurePosixPath(name)
    return path.stem.casefold() in _SHARED_STEMS and path.suffix.lower() in LOSSLESS_SUFFIXES


def may_hold_masks(folder: str) -> bool:
    """Whether a folder of this name holds masks of which it is not known what their white means."""
    return bool(_OTHER_FOLDER.match(folder)) and not _is_mask_folder(folder)


def find_masks(names: Iterable[str]) -> set[str]:
    """Of the names of images those of masks: in a folder `masks`, called `mask.png`, or named as a photo
    beside, with `_mask` behind or `mask_` before it.

    Images that all lie in such a folder are photos, unless all are in formats that masks have.
    """
    names = list(names)
    inside = {name for name in names if is_mask(name)}
    if len(inside) == len(names) and not all(
        PurePosixPath(name).suffix.lower() in LOSSLESS_SUFFIXES for name in names
    ):
        return set()
    photos = {key for name in names if name not in inside for key in _photo_keys(name)}
    beside = {name for name in names if photos & {_key(other) for other in _without_mask(_stem(name))}}
    return inside | beside


def match_masks(photos: list[SourceFile], masks: list[SourceFile]) -> tuple[dict[str, SourceFile], list[str]]:
    """Masks by the name of their photo, and a note on the masks that match no photo or several.

    `masks/a.jpg.png`, `masks/a.png`, `a_mask.png` and `mask_a.png` match `a.jpg`, wherever that is;
    sub-folders have to agree. Of photos of one name in several folders, those nearest to the folder of masks
    are meant. Photos of one name in several formats share a mask. `mask.png` is that of all photos below its
    folder that have none of their own; the nearest counts.
    """
    by_file_name: dict[str, list[SourceFile]] = defaultdict(list)
    for photo in photos:
        for key in _photo_keys(PurePosixPath(_name(photo)).name):
            by_file_name[key].append(photo)
    matched: dict[str, SourceFile] = {}
    unmatched, shared = [], []
    for mask in masks:
        if _SMALLER_FOLDER.search(str(PurePosixPath(_name(mask)).parent)):
            continue
        found = _photos_of(_name(mask), by_file_name)
        if not found and is_shared_mask(_name(mask)):
            shared.append(mask)
        elif not found:
            unmatched.append(mask.name)
        for photo in found:
            matched.setdefault(photo.name, mask)
    for mask in sorted(shared, key=lambda mask: -len(_shared_folder(mask).parts)):
        for photo in photos:
            if PurePosixPath(_name(photo)).is_relative_to(_shared_folder(mask)):
                matched.setdefault(photo.name, mask)
    return matched, _note(unmatched)


def _photos_of(mask: str, by_file_name: dict[str, list[SourceFile]]) -> list[SourceFile]:
    """The photo of a mask, in one or several formats; empty for none, and for different photos."""
    before, within = _split(mask)
    stem = _stem(str(within))
    for candidate in map(PurePosixPath, (stem, *_without_mask(stem))):
        found = [
            photo
            for photo in by_file_name.get(_key(candidate.name), [])
            if any(f"/{key}".endswith(f"/{_key(str(candidate))}") for key in _photo_keys(_name(photo)))
        ]
        nearest = max((_shared_folders(before, _name(photo)) for photo in found), default=0)
        found = [photo for photo in found if _shared_folders(before, _name(photo)) == nearest]
        exact = [photo for photo in found if str(candidate) in (_name(photo), _stem(_name(photo)))]
        if len({_key(_stem(_name(photo))) for photo in found}) == 1:
            return exact or found
    return []


def _shared_folder(mask: SourceFile) -> PurePosixPath:
    """The folder of the photos that a shared mask is for."""
    before, within = _split(_name(mask))
    return before / within.parent


def _note(unmatched: list[str]) -> list[str]:
    if not unmatched:
        return []
    if len(unmatched) == 1:
        return [f"A mask is not used, because it matches no photo, or several: {unmatched[0]}; {PATTERN}."]
    return [
        f"{len(unmatched)} masks are not used, because they match no photo, or several: {unmatched[0]} and "
        f"others; {PATTERN}."
    ]


def _is_mask_folder(folder: str) -> bool:
    return bool(_MASK_FOLDER.match(folder) or _SMALLER_FOLDER.match(folder))


def _split(mask: str) -> tuple[PurePosixPath, PurePosixPath]:
    """The folder that a folder of masks lies in, and the path within it; the own folder without such."""
    parts = PurePosixPath(mask).parts
    at = next((index for index, part in enumerate(parts[:-1]) if _is_mask_folder(part)), None)
    if at is None:
        return PurePosixPath(*parts[:-1]), PurePosixPath(parts[-1])
    return PurePosixPath(*parts[:at]), PurePosixPath(*parts[at + 1 :])


def _shared_folders(folder: PurePosixPath, photo: str) -> int:
    shared = 0
    for own, other in zip(folder.parts, PurePosixPath(photo).parts[:-1], strict=False):
        if own != other:
            break
        shared += 1
    return shared


def _name(file: SourceFile) -> str:
    return file.original_name or file.name


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _without_mask(stem: str) -> list[str]:
    """Paths of the photo of `a_mask` or `mask_a`: `a`, which may have its suffix, as in `a.jpg_mask`."""
    path = PurePosixPath(stem)
    names = [_MASK_END.sub("", path.name), _MASK_START.sub("", path.name, count=1)]
    return [str(path.with_name(name)) for name in names if name not in ("", path.name)]


def _photo_keys(name: str) -> tuple[str, str]:
    return _key(name), _key(_stem(name))


def _key(name: str) -> str:
    """What masks and photos are compared by: neither case nor the composition of letters counts."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
